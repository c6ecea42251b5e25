"""A desk to measure at: a configuration, rules, what is read, and the servers on the other side."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.rulesets import rule_file

ROOT = Path(__file__).parents[2]
AN_HOUR_S = 3_600
_HEAD = """
[mail]
from = "watchlist@example.org"
transport = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"

[[subscription]]
name = "desk"
to = ["desk@example.org"]
group_wait = "1s"
group_interval = "0s"

[[subscription]]
name = "tags"
to = ["one@example.org", "two@example.org"]
tags = ["tag0", "tag1", "tag2"]
group_wait = "1s"
group_interval = "0s"
"""
_FEED = """
[[source]]
name = "feed-{number}"
feed = "http://127.0.0.1:{port}/{number}.xml"
backfill = true
allow_private = ["127.0.0.0/8"]
"""
_FOLDER = """
[[source]]
name = "inbox"
folder = "inbox"
"""


@dataclass(frozen=True, slots=True)
class Peers:
    """The servers; see tests.bench.peers."""

    process: subprocess.Popen[str]
    web: int
    post: int
    """The ports."""

    def mails(self) -> int:
        """Return how many mails came."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        count: int = json.loads(self.process.stdout.readline())["mails"]
        return count


@contextmanager
def peers(served: Path) -> Iterator[Peers]:
    """Serve the files of a folder, and take mails, as long as the context lasts."""
    command = [sys.executable, "-m", "tests.bench.peers", str(served)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ports = json.loads(process.stdout.readline())
        yield Peers(process, **ports)
        process.communicate(timeout=10)


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder with a configuration, rules, an inbox, and a place for what is served."""

    path: Path

    @classmethod
    def made(cls, path: Path, names: Sequence[str], feeds: Sequence[bytes] = ()) -> "Desk":
        """Return a desk that watches for names, in these feeds or, without any, in its inbox."""
        for folder in ("rules", "inbox", "served"):
            (path / folder).mkdir(parents=True)
        (path / "rules" / "items.toml").write_text(rule_file(names, iter(())), "utf-8")
        (path / "names").write_text("\n".join(names), "utf-8")
        for number, feed in enumerate(feeds):
            (path / "served" / f"{number}.xml").write_bytes(feed)
        return cls(path)

    @property
    def names(self) -> Path:
        """The file of the names that are looked for, one a line."""
        return self.path / "names"

    @contextmanager
    def open(self) -> Iterator[Peers]:
        """Start the servers and write the configuration that leads to them."""
        with peers(self.path / "served") as servers:
            count = len(list((self.path / "served").iterdir()))
            feeds = [_FEED.format(number=number, port=servers.web) for number in range(count)]
            config = _HEAD.format(port=servers.post) + ("".join(feeds) or _FOLDER)
            (self.path / "config.toml").write_text(config, "utf-8")
            yield servers

    def fill(self, texts: Iterable[str]) -> None:
        """Lay texts into the inbox, as files that nobody has touched for an hour."""
        touched = time.time() - AN_HOUR_S
        for number, text in enumerate(texts):
            path = self.path / "inbox" / f"{number:06}.txt"
            path.write_text(text, "utf-8")
            os.utime(path, (touched, touched))

    def begin_anew(self) -> None:
        """Forget all that was read."""
        shutil.rmtree(self.path / "state", ignore_errors=True)

    def make_due(self) -> None:
        """Have every source asked again at once, as though its time had come."""
        with self._database() as database:
            database.execute("UPDATE sources SET due = '2026-01-01 00:00:00.000000'")

    def counts(self) -> tuple[int, int]:
        """Return how many documents and findings were kept."""
        with self._database() as database:
            documents = database.execute("SELECT count(*) FROM documents").fetchone()[0]
            findings = database.execute("SELECT count(*) FROM findings").fetchone()[0]
        return documents, findings

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path / "state" / "watchlist.db")) as database, database:
            yield database
