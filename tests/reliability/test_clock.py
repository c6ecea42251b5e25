"""The wall clock of the real daemon is set, by libfaketime, while it works."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.daemon import Daemon
from tests.httpd import Answer, HttpServer
from tests.smtpd import SmtpServer

_LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
pytestmark = pytest.mark.skipif(_LIBRARY is None, reason="needs Debian's package faketime")

HOUR, DAY = 3600, 86400
EVERY_S = 2
STALLED_S = 40.0
"""What takes so long waits for the clock; it is no time for a machine to be slow in."""
CONFIG = """
[mail]
from = "Watchlist <watch@example.org>"
transport = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
[[source]]
name = "inbox"
folder = "inbox"
every = "1s"
[[source]]
name = "wire"
feed = "{url}"
every = "{every}s"
allow_private = ["127.0.0.0/8"]
[[subscription]]
name = "desk"
to = ["desk@example.org"]
group_wait = "1s"
group_interval = "1s"
"""


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


class FakedDesk:
    """A folder to run in, and the clock of what runs there."""

    def __init__(self, path: Path, smtp: SmtpServer, web: HttpServer) -> None:
        self.path, self.smtp, self.web = path, smtp, web
        self._offset = path / "offset"
        self.environment = {
            "LD_PRELOAD": str(_LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            # Each look at the file is a chance that another thread finds no offset meanwhile.
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": str(path),
        }
        # libfaketime 0.9.10 refuses the sleep that Python's asks for, until a time on a clock.
        (path / "sitecustomize.py").write_text(
            "import select, time\ntime.sleep = lambda s: select.select([], [], [], s) and None\n"
        )
        for folder in ("inbox", "rules"):
            (path / folder).mkdir()
        (path / "rules" / "items.toml").write_text('[[item]]\nname = "ICBM"\nterms = ["ICBM"]\n')
        config = CONFIG.format(port=smtp.port, url=web.url("/feed"), every=EVERY_S)
        (path / "config.toml").write_text(config, "utf-8")
        web.put(
            "/feed",
            Answer(body=b"<rss version='2.0'><channel><title>w</title></channel></rss>"),
        )
        self.set(0)

    def set(self, offset: float) -> None:
        """Set the clock so many seconds off the true time."""
        draft = self._offset.with_suffix(".draft")
        draft.write_text(f"{offset:+.0f}\n")
        draft.replace(self._offset)

    def goes_on(self) -> None:
        """Assert that the feed is read in time, and that a new file is mailed."""
        asked, began = len(self.web.asked("/feed")), time.monotonic()
        while len(self.web.asked("/feed")) < asked + 2:
            assert time.monotonic() - began < STALLED_S, "it stalls"
            time.sleep(0.02)
        mails = len(self.smtp.accepted)
        words = f"An ICBM of kind {'abcdefgh'[mails] * 5}"
        (self.path / "inbox" / f"{mails}.txt").write_text(words)
        mail = self.smtp.wait_for(mails + 1, within=STALLED_S)[mails]
        assert words.encode() in mail.content


@pytest.fixture
def desk(tmp_path: Path, smtp: SmtpServer, server: HttpServer) -> FakedDesk:
    return FakedDesk(tmp_path, smtp, server)


def _jumps_of(daemon: Daemon) -> list[str]:
    return re.findall(r'WARNING clock was set by="?([^ ]+(?: day)?)', daemon.log)


def test_nothing_stalls_and_nothing_is_doubled_when_the_clock_is_set(desk: FakedDesk) -> None:
    with Daemon(desk.path, desk.environment) as daemon:
        daemon.wait_for("feed baseline")
        desk.goes_on()
        for offset in (-HOUR, 0, DAY, 0, -DAY):
            desk.set(offset)
            desk.goes_on()
        assert daemon.stop() == 0
        assert _jumps_of(daemon) == ["-1:00:00", "+1:00:00", "+1 day", "-1 day", "-1 day"]
        assert "ERROR" not in daemon.log
    assert len(desk.smtp.accepted) == 6, "each file once"


def test_a_machine_that_boots_in_1970_works_before_and_after_it_knows_the_time(
    desk: FakedDesk,
) -> None:
    with Daemon(desk.path, desk.environment) as daemon:
        daemon.wait_for("feed baseline")
        desk.goes_on()
        assert daemon.stop() == 0
    desk.set(-datetime.now(UTC).timestamp() + 20)
    with Daemon(desk.path, desk.environment) as daemon:
        daemon.wait_for("clock was set", "1970-01-01")
        desk.goes_on()
        desk.set(0)
        desk.goes_on()
        assert daemon.stop() == 0
    assert len(desk.smtp.accepted) == 3
