"""What a daemon takes that has nothing to do: a folder, feeds that have not changed, few rules."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.news import feeds
from tests.httpd import Answer, HttpServer
from tests.reliability.gauge import sample
from tests.reliability.load import begun
from tests.reliability.table import Line
from watch.cli.starter import starter_file

MOST_MB = 120.0
ITEMS = 20
"""Entries of each feed."""
_SETTLES_WITHIN_S = 60.0
_CONFIG = """
[mail]
from = "watchlist@example.org"
transport = "maildir"
maildir = "mail"
[[source]]
name = "inbox"
folder = "inbox"
[[subscription]]
name = "all"
to = ["one@example.org"]
"""
_SOURCE = """
[[source]]
name = "f{number}"
feed = "{url}"
every = "60s"
allow_private = ["127.0.0.0/8"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """What a daemon took while it had nothing to do."""

    feeds: int
    own_mb: float
    all_mb: float
    """With its children; what they share is counted for each."""
    cpu_share: float
    """Of a core, children included."""
    seconds: float
    unchanged: int
    """How often a feed answered meanwhile that nothing is new."""

    def broken(self) -> Iterator[str]:
        """Yield the bounds that were not kept."""
        if self.own_mb > MOST_MB:
            yield f"idle: it takes {self.own_mb:.0f} MB"

    def lines(self) -> Iterator[Line]:
        """Yield what was measured, each with its bound."""
        yield "feeds, asked once a minute", f"{self.feeds}", ""
        yield "answers that nothing is new", f"{self.unchanged}", ""
        yield "memory of the daemon", f"{self.own_mb:.0f} MB", f"{MOST_MB:.0f} MB"
        yield "with the children that read feeds", f"{self.all_mb:.0f} MB", ""
        share = f"{100 * self.cpu_share:.2f} % of a core"
        yield f"CPU within {self.seconds:.0f} s", share, ""


def idle(folder: Path, count: int, *, settle_s: float, seconds: float, compiled: Path) -> Idle:
    """Measure a daemon with so many feeds once it has read them and rested for `settle_s`."""
    with HttpServer() as web:
        _lay_out(folder, count, web)
        with begun(folder, compiled) as daemon:
            deadline = time.monotonic() + _SETTLES_WITHIN_S
            while daemon.log.count("feed baseline") < count:
                assert time.monotonic() < deadline, f"no baselines:\n{daemon.log[-2000:]}"
                time.sleep(0.1)
            time.sleep(settle_s)
            asked = len(web.requests)
            before = sample(daemon.process.pid, folder / "state")
            time.sleep(seconds)
            after = sample(daemon.process.pid, folder / "state")
            assert daemon.stop() == 0, daemon.log[-2000:]
        spent = after.at - before.at
        return Idle(
            feeds=count,
            own_mb=max(before.own_mb, after.own_mb),
            all_mb=max(before.all_mb, after.all_mb),
            cpu_share=(after.cpu_s - before.cpu_s) / spent,
            seconds=spent,
            unchanged=sum("if-none-match" in one.headers for one in web.requests[asked:]),
        )


def _lay_out(folder: Path, count: int, web: HttpServer) -> None:
    for part in ("inbox", "rules"):
        (folder / part).mkdir(parents=True)
    (folder / "rules" / "korea.toml").write_bytes(starter_file("rules/korea.toml").read_bytes())
    config = [_CONFIG]
    for number, body in enumerate(feeds(count, ITEMS, ("ICBM",))):
        web.put(f"/{number}", Answer(body=body, etag=f'"{number}"'))
        config.append(_SOURCE.format(number=number, url=web.url(f"/{number}")))
    (folder / "config.toml").write_text("".join(config), "utf-8")
