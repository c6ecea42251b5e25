"""A daemon's whole world: what is brought to it, what it is killed by, what it has in the end."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from tests.daemon import Daemon, Process
from tests.httpd import Answer, HttpServer
from tests.patience import DEADLINE_S
from tests.reliability.launcher import COMMITS, LOG
from tests.reliability.ledger import RULES, SUBSCRIPTIONS, Entry, feed_of
from tests.reliability.nursery import Ambush, Nursery
from tests.smtpd import SmtpServer

Row = tuple[object, ...]
INBOX, WIRE, ARCHIVE = "inbox", "wire", "archive"
SOURCES = (INBOX, WIRE, ARCHIVE)
FOLLOWED = 2
"""Entries that a feed still shows once they were taken."""
_CONFIG = """
[mail]
from = "Watchlist <watch@example.org>"
transport = "smtp"
host = "127.0.0.1"
port = {post}
security = "none"
on_ambiguous = "{on_ambiguous}"
"""
_SOURCES = {
    INBOX: """
[[source]]
name = "inbox"
folder = "inbox"
every = "1s"
""",
    WIRE: """
[[source]]
name = "wire"
feed = "{url}"
every = "1s"
allow_private = ["127.0.0.0/8"]
""",
    ARCHIVE: """
[[source]]
name = "archive"
feed = "{url}"
every = "1s"
backfill = true
allow_private = ["127.0.0.0/8"]
""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill, and what it left."""

    how: str
    marked: frozenset[str]
    """The Message-IDs of which nobody can know whether they were sent."""


class Desk:
    """A folder, two feeds, a mail server and a daemon that is killed again and again."""

    def __init__(
        self,
        path: Path,
        *,
        nursery: Nursery,
        sources: Sequence[str] = SOURCES,
        on_ambiguous: str = "resend",
    ) -> None:
        self.path = path
        self.web = HttpServer()
        self.post = SmtpServer()
        self.ledger: list[Entry] = []
        self.kills: list[Kill] = []
        self.sources = sources
        self._on_ambiguous = on_ambiguous
        self._nursery = nursery
        self._is_running = False
        self._versions = 0
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        self._opened.enter_context(self.web)
        self._opened.enter_context(self.post)
        for folder in ("inbox", "rules"):
            (self.path / folder).mkdir(parents=True)
        self.write_rules(RULES)
        config = _CONFIG.format(post=self.post.port, on_ambiguous=self._on_ambiguous)
        for name in self.sources:
            config += _SOURCES[name].format(url=self.web.url(f"/{name}"))
        (self.path / "config.toml").write_text(config + SUBSCRIPTIONS, "utf-8")
        for name in {WIRE, ARCHIVE} & {*self.sources}:
            self.bring(name, is_news=name != WIRE)
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def write_rules(self, text: str | bytes) -> None:
        """Put the rule file in place at one stroke, as editors do."""
        new = self.path / "rules" / "items.new"
        new.write_bytes(text.encode() if isinstance(text, str) else text)
        new.replace(self.path / "rules" / "items.toml")

    def bring(self, source: str, *, is_news: bool = True, reprint_of: int | None = None) -> Entry:
        """Bring a document to a source.

        A feed goes on showing what was not taken, and soon drops what was: an entry that was
        skipped once is never seen again, for nobody asks for what has not changed.
        """
        entry = Entry(
            number=len(self.ledger), source=source, is_news=is_news, reprint_of=reprint_of
        )
        self.ledger.append(entry)
        if source == INBOX:
            path = self.path / "inbox" / f"{entry.marker}.txt"
            path.write_text(f"{entry.title}\n\n{entry.text}", "utf-8")
            return entry
        taken = {key for (key,) in self.rows("SELECT key FROM documents")}
        its = [one for one in self.ledger if one.source == source]
        old = [one for one in its if one.marker in taken][-FOLLOWED:]
        shown = [*old, *(one for one in its if one.marker not in taken)]
        self._versions += 1
        answer = Answer(body=feed_of(reversed(shown)), etag=f'"{self._versions}"')
        self.web.put(f"/{source}", answer)
        return entry

    @contextmanager
    def daemon(self, ambush: Ambush | None = None) -> Iterator[Daemon]:
        """Run a daemon of the nursery, with an ambush or not; at the end it is killed."""
        with self._running(lambda folder: self._nursery.begin(folder, ambush)) as daemon:
            yield daemon

    @contextmanager
    def slow_daemon(self) -> Iterator[Daemon]:
        """Run a daemon as everybody does, from the loading of its modules on."""
        with (
            (self.path / LOG).open("ab") as log,
            self._running(
                lambda folder: subprocess.Popen(
                    [sys.executable, "-m", "watch", "run"],
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=self._nursery.environment,
                    start_new_session=True,
                )
            ) as daemon,
        ):
            yield daemon

    @contextmanager
    def _running(self, begin: Callable[[Path], Process]) -> Iterator[Daemon]:
        with Daemon(self.path, begin=begin) as daemon:
            self._is_running = True
            try:
                yield daemon
            finally:
                daemon.kill()
                self._is_running = False
                _bury(daemon.process.pid)

    def killed(self, how: str) -> None:
        """Note a kill, and what it left in the database; the daemon alone is to mend that."""
        rows = self.rows("SELECT message_id FROM messages WHERE state = 'marked'")
        self.kills.append(Kill(how=how, marked=frozenset(str(row[0]) for row in rows)))

    def has_baseline(self) -> bool:
        """Whether what the wire brings is news."""
        return self.rows("SELECT has_baseline FROM sources WHERE name = 'wire'") == [(1,)]

    def rows(self, query: str) -> list[Row]:
        """Return what another program sees in the database; nothing while there is none.

        Of a dead daemon's a copy is asked: the last to close the database would tidy it up, and
        that is for the next daemon to do.
        """
        original = self.path / "state" / "watchlist.db"
        if not original.exists() or not original.stat().st_size:
            return []
        if self._is_running:
            return _rows(f"file:{original}?mode=ro", query)
        with TemporaryDirectory(dir=self.path) as folder:
            for path in original.parent.glob("watchlist.db*"):
                if not path.name.endswith("-shm"):
                    shutil.copy(path, folder)
            return _rows(f"file:{folder}/watchlist.db", query)

    def commits(self) -> set[frozenset[str]]:
        """Return what the transactions wrote that a launcher saw."""
        lines = (self.path / COMMITS).read_text("utf-8").splitlines()
        return {frozenset(line.split("+")) for line in lines}

    def until(self, is_so: Callable[[], object], what: str, daemon: Daemon) -> None:
        """Wait for something; the daemon is to live meanwhile."""
        deadline = time.monotonic() + DEADLINE_S
        while not is_so():
            assert daemon.process.poll() is None, f"it ended:\n{daemon.log}"
            assert time.monotonic() < deadline, f"never: {what}\n{daemon.log}"
            time.sleep(0.05)


def _rows(database: str, query: str) -> list[Row]:
    with closing(sqlite3.connect(database, uri=True, timeout=10)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def _bury(group: int) -> None:
    """Wait for the end of what a daemon had begun: nothing of it is to stay behind."""
    deadline = time.monotonic() + DEADLINE_S
    while left := _members(group):
        if time.monotonic() > deadline:
            os.killpg(group, signal.SIGKILL)
            raise AssertionError(f"children outlive the daemon: {left}")
        time.sleep(0.02)


def _members(group: int) -> list[str]:
    """Return the living processes of a group (proc(5): the fifth field of stat)."""
    members = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its, *_ = path.read_text().rpartition(") ")[2].split()
        except (OSError, ValueError):
            continue
        if int(its) == group and state != "Z":
            members.append(re.sub(r"\D", "", str(path)))
    return members
