"""The whole daemon on a disk that is full, beside others, and on what it must not touch."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from tests.daemon import Daemon, watchlist
from tests.patience import DEADLINE_S
from tests.smtpd import SmtpServer
from watch.store.space import BALLAST_BYTES

RULES = '[[item]]\nname = "ICBM"\nterms = ["ICBM"]\n'
READERS = ("first@example.org", "second@example.org")
UNCOUNTED = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}
"""To count what twenty processes do takes longer than what they do."""


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path, smtp: SmtpServer) -> Path:
    """A folder to run in: an inbox and two readers."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "items.toml").write_text(RULES, "utf-8")
    (tmp_path / "config.toml").write_text(
        f"""
[mail]
from = "Watchlist <watch@example.org>"
transport = "smtp"
host = "127.0.0.1"
port = {smtp.port}
security = "none"
[[source]]
name = "inbox"
folder = "inbox"
[[subscription]]
name = "desk"
to = ["{READERS[0]}", "{READERS[1]}"]
group_wait = "0s"
group_interval = "0s"
""",
        "utf-8",
    )
    return tmp_path


@pytest.fixture
def database(desk: Path) -> Path:
    return desk / "state" / "watchlist.db"


def _until(is_so: Callable[[], object], what: str, *, within_s: float = DEADLINE_S) -> None:
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


def _told(smtp: SmtpServer, name: str) -> list[str]:
    """Return who was told of a document."""
    return sorted(
        one for mail in smtp.accepted if name.encode() in mail.content for one in mail.recipients
    )


def _is_whole(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


PAGES = (0, 14, 40)
"""How far a document gets before the disk is full: not into the database; not into a mail; into
the first of them."""


def _is_laid(ballast: Path) -> bool:
    """Whether it is whole: one that has just begun is thrown out again where there is no room."""
    with suppress(FileNotFoundError):
        return ballast.stat().st_size == BALLAST_BYTES
    return False


def test_a_full_disk_stops_the_daemon_for_as_long_as_it_is_full(
    desk: Path, smtp: SmtpServer, database: Path
) -> None:
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    ballast = database.with_name("watchlist.db.ballast")
    with Daemon(desk) as daemon:
        _until(lambda: _is_laid(ballast), "its ballast")
        for number, pages in enumerate(PAGES):
            name, failures = f"document-{number}.txt", daemon.log.count("SQLITE_IOERR_WRITE")
            size = database.with_name("watchlist.db-wal").stat().st_size
            limit = (size + pages * 4120, resource.RLIM_INFINITY)
            resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, limit)
            (desk / "inbox" / name).write_text(f"An ICBM {number}", "utf-8")
            _until(
                lambda least=failures: daemon.log.count("SQLITE_IOERR_WRITE") > least,  # type: ignore[misc]  # a default
                "a full disk",
            )
            # Where the log may be larger than the ballast, there is room for that at once again.
            assert limit[0] >= BALLAST_BYTES or not _is_laid(ballast)
            resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, unlimited)
            _until(lambda one=name: len(_told(smtp, one)) >= len(READERS), f"mails of {name}")  # type: ignore[misc]
            assert _is_laid(ballast)
        assert daemon.stop() == 0
    for number in range(len(PAGES)):
        assert _told(smtp, f"document-{number}.txt") == sorted(READERS), "none lost, none doubled"
    assert _is_whole(database)


def _started(desk: Path, number: int) -> subprocess.Popen[bytes]:
    with (desk / f"{number}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "watch", "run"],
            cwd=desk,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **UNCOUNTED},
        )


def test_of_twenty_daemons_at_once_one_runs_and_the_others_name_it(
    desk: Path, smtp: SmtpServer, database: Path
) -> None:
    with ExitStack() as stack:
        started = [stack.enter_context(_started(desk, number)) for number in range(20)]
        for one in started:
            stack.callback(one.kill)
        _until(
            lambda: sum(one.poll() is None for one in started) == 1,
            "one that is left",
            within_s=4 * DEADLINE_S,
        )
        (survivor,) = [one for one in started if one.poll() is None]
        assert {one.returncode for one in started if one is not survivor} == {75}
        for number, one in enumerate(started):
            if one is not survivor:
                said = (desk / f"{number}.log").read_text("utf-8")
                assert f"process {survivor.pid} already runs on" in said
        (desk / "inbox" / "a.txt").write_text("An ICBM", "utf-8")
        _until(lambda: len(_told(smtp, "a.txt")) == len(READERS), "the mails")
        once = watchlist("once", cwd=desk, environment=UNCOUNTED)
        assert once.returncode == 75
        assert f"process {survivor.pid} already runs on" in once.stderr
        survivor.send_signal(signal.SIGKILL)
        survivor.wait(DEADLINE_S)
    (desk / "inbox" / "b.txt").write_text("Another ICBM", "utf-8")
    with Daemon(desk, UNCOUNTED) as daemon:
        _until(lambda: len(_told(smtp, "b.txt")) == len(READERS), "the mails after a kill")
        assert daemon.stop() == 0
    assert _told(smtp, "a.txt") == sorted(READERS), "none was sent again"
    assert _is_whole(database)


@pytest.mark.parametrize("verb", ["run", "once"])
def test_what_is_no_database_ends_in_words_and_78(desk: Path, database: Path, verb: str) -> None:
    database.parent.mkdir()
    database.mkdir()
    done = watchlist(verb, cwd=desk)
    assert done.returncode == 78
    assert "a folder lies where the database belongs; move it away" in done.stderr
    assert "Traceback" not in done.stderr
