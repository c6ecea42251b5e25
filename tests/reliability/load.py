"""One daemon under load for a while, and whether it kept within its bounds."""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.daemon import Daemon
from tests.httpd import HttpServer
from tests.reliability.gauge import Sample, Slope, sample, slope_of
from tests.reliability.nursery import quick_environment
from tests.reliability.traffic import READERS, Amounts, Polls, Traffic
from tests.smtpd import SmtpServer

EVERY_S = 10.0
"""From one sample to the next."""
WARM_UP_S = 900.0
MOST_MB = 400.0
"""For a thousand feeds and 10,000 terms, children included."""
MOST_GROWTH_MB = 6.0
"""An hour: what is certain to be more is a leak. One of a megabyte a day cannot be told from noise
within an hour."""
_LINE = re.compile(r"\S+Z ([A-Z]+) (.*)")
_PROVOKED = re.compile(r"source not read source=f(\d+) ")


@dataclass(slots=True)
class Report:
    """What a daemon did under load."""

    samples: list[Sample] = field(default_factory=list)
    levels: Counter[str] = field(default_factory=Counter)
    """Lines of the log, by level."""
    strange: list[str] = field(default_factory=list)
    """Lines that tell of an error that nobody provoked."""
    polls: Polls = field(default_factory=Polls)
    items: int = 0
    planted: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: int = 0
    mails: int = 0
    own_cpu_s: float = 0.0
    """What this side of it took: servers, traffic, samples."""
    seconds: float = 0.0
    code: int = 0
    """Its exit code."""

    @property
    def warm(self) -> list[Sample]:
        """The samples after the warm-up; in a short run those of its second half."""
        first = self.samples[0].at
        after = min(WARM_UP_S, (self.samples[-1].at - first) / 2)
        return [one for one in self.samples if one.at - first >= after]

    @property
    def slope(self) -> Slope | None:
        """How the memory of the daemon grows, in MB an hour; None in a short run."""
        return slope_of([(one.at, one.own_mb) for one in self.warm])

    def broken(self) -> Iterator[str]:
        """Yield the bounds that it did not keep within."""
        slope, warm = self.slope, self.warm
        if slope is not None and slope.low > MOST_GROWTH_MB:
            yield f"its memory grows by {slope.middle:.1f} MB an hour"
        if max(one.all_mb for one in self.samples) > MOST_MB:
            yield f"it took more than {MOST_MB:.0f} MB"
        half = len(warm) // 2
        if half and median(one.descriptors for one in warm[half:]) > 2 + median(
            one.descriptors for one in warm[:half]
        ):
            yield "it opens more and more files"
        if self.polls.missed:
            yield f"{self.polls.missed} polls missed"
        if self.lost:
            yield f"{len(self.lost)} findings lost, the first {self.lost[0]}"
        if self.doubled:
            yield f"{self.doubled} findings told twice"
        if self.strange:
            yield f"{len(self.strange)} errors that nobody provoked, the first: {self.strange[0]}"
        if self.code:
            yield f"it ended with {self.code}"


@contextmanager
def begun(folder: Path, compiled: Path, module: str = "watch") -> Iterator[Daemon]:
    """Start a daemon in a folder, with processes of its own group; leaving it ends it.

    `module` is what it is started by, `compiled` where modules are laid that cannot lie beside.
    """
    environment = quick_environment(compiled)

    def begin(desk: Path) -> subprocess.Popen[bytes]:
        with (desk / "daemon.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, "run"],
                cwd=desk,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    with Daemon(folder, begin=begin) as daemon:
        yield daemon


def load(
    folder: Path,
    seconds: float,
    amounts: Amounts,
    *,
    compiled: Path,
    tell: Callable[[Report], None],
) -> Report:
    """Run a daemon under load for so long; `tell` hears of each sample.

    Its modules are laid into `compiled` where this environment forbids to lay them beside.
    """
    report = Report()
    with ExitStack() as opened:
        web, post = opened.enter_context(HttpServer()), opened.enter_context(SmtpServer())
        traffic = Traffic(path=folder, amounts=amounts, web=web, post=post)
        traffic.lay_out()
        daemon = opened.enter_context(begun(folder, compiled))
        _await_baselines(daemon, traffic)
        began, began_cpu_s = time.monotonic(), time.process_time()
        next_sample = began
        while (now := time.monotonic()) < began + seconds:
            traffic.go_on()
            if now >= next_sample:
                next_sample = now + min(EVERY_S, seconds / 4)
                report.samples.append(sample(daemon.process.pid, folder / "state"))
                tell(report)
            assert daemon.process.poll() is None, f"it ended:\n{daemon.log[-2000:]}"
            time.sleep(0.2)
        report.seconds = time.monotonic() - began
        report.own_cpu_s = time.process_time() - began_cpu_s
        report.polls = traffic.polls(time.monotonic())
        _settle(report, traffic, daemon)
    return report


def _await_baselines(daemon: Daemon, traffic: Traffic) -> None:
    """Wait until all that came so far is known: from here on it is news."""
    expected = traffic.amounts.feeds - len(traffic.failing)
    deadline = time.monotonic() + 60 + 0.2 * traffic.amounts.feeds
    while daemon.log.count("feed baseline") < expected:
        assert time.monotonic() < deadline, f"no baselines:\n{daemon.log[-2000:]}"
        assert daemon.process.poll() is None, f"it ended:\n{daemon.log[-2000:]}"
        time.sleep(0.2)


def _settle(report: Report, traffic: Traffic, daemon: Daemon) -> None:
    """Wait until all is told that came, then stop the daemon and see what it said."""
    expected = {(marker, reader) for marker in traffic.planted for reader in READERS}
    deadline = time.monotonic() + 10 * traffic.amounts.every_s + 3 * traffic.amounts.wait_s + 30
    while expected - (told := traffic.told()).keys() and time.monotonic() < deadline:
        time.sleep(2)
    report.lost = [
        f"{marker} of {traffic.planted[marker]} to {reader}"
        for marker, reader in sorted(expected - told.keys())
    ]
    report.doubled = sum(count - 1 for count in told.values())
    report.items, report.planted = traffic.items + traffic.files, len(traffic.planted)
    report.mails = len(traffic.post.accepted)
    report.code = daemon.stop()
    provoked = {*traffic.failing, *traffic.shaky}
    for line in daemon.log.splitlines():
        match = _LINE.fullmatch(line)
        level = match[1] if match is not None else "ERROR"
        report.levels[level] += 1
        known = _PROVOKED.search(line)
        if level == "ERROR" and (known is None or int(known[1]) not in provoked):
            report.strange.append(line)
