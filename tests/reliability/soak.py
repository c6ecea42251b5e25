"""`make soak`: prints tables of what was measured, and exits with 1 for a broken bound.

Daemons are killed at every transaction, within conversations with the mail server, and at random
times. Feeds gone wild are read. A daemon is started on a folder full of files; one idles; files are
saved, one by one, until they are mailed. Then, for an hour, one daemon looks for 10,000 terms in a
thousand feeds on this machine, of which each brings something every few minutes, some fail and some
are slow, and in a folder.
"""

import asyncio
import os
import platform
import sys
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.reliability.backlog import backlog
from tests.reliability.campaign import Outcome, campaign
from tests.reliability.idle import idle
from tests.reliability.latency import latency
from tests.reliability.load import MOST_GROWTH_MB, MOST_MB, Report, load
from tests.reliability.table import WIDTH, Line, table
from tests.reliability.traffic import Amounts
from tests.reliability.wilderness import wilderness

_EXAMPLES = """
examples:
  python -m tests.reliability.soak
  python -m tests.reliability.soak --kills 100 --minutes 0
  python -m tests.reliability.soak --kills 0 --hostile 0 --backlog 0 --idle 0 --latency 0
  python -m tests.reliability.soak --kills 0 --minutes 5 --feeds 100
"""
_SETTLE_S = 30.0
_LISTEN_S = 60.0


@dataclass(slots=True)
class _Kills:
    """What came of all kills so far."""

    kills: int = 0
    told: int = 0
    doubled: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, one: Outcome) -> None:
        self.kills += one.kills
        self.told += one.told
        self.doubled += one.doubled
        if one.fault:
            self.faults.append(f"{one.name}: {one.fault}")

    def lines(self) -> Iterator[Line]:
        """Yield what came of them, each with its bound."""
        lost = f"{len(self.faults)}"
        yield "daemons killed", f"{self.kills:,}", ""
        yield "findings due to an address", f"{self.told:,}", ""
        yield "runs in which any was lost, or anything else broken", lost, "0"
        yield (
            "mails sent again, byte for byte",
            f"{self.doubled}",
            "one a kill between mark and end",
        )


class _Progress:
    """One line that is written over in a terminal; in a pipe a line now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = 0.0

    def say(self, words: str) -> None:
        if self._console.is_terminal:
            self._console.print(words, end="\r", soft_wrap=True, highlight=False)
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + 60
            self._console.print(words, soft_wrap=True, highlight=False)

    def end(self) -> None:
        if self._console.is_terminal:
            self._console.print()


def main(words: Sequence[str] | None = None) -> int:
    """Do what is asked for; return the exit code."""
    asked = _parsed(words)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    progress = _Progress(Console(stderr=True))
    console.print(f"{platform.python_implementation()} {platform.python_version()}", end=", ")
    console.print(f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}")
    broken: list[str] = []
    with TemporaryDirectory(prefix="watchlist-soak-") as folder:
        for title, lines, faults in _stages(asked, Path(folder), progress):
            progress.end()
            console.print(table(title, lines))
            broken += faults
    for one in broken:
        console.print(f"BROKEN {one}", style="bold red", markup=False, soft_wrap=True)
    return 1 if broken else 0


def _parsed(words: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(
        prog="python -m tests.reliability.soak",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    number = parser.add_argument
    number("--kills", type=int, default=500, help="daemons to kill, 0 for none (%(default)s)")
    number("--hostile", type=int, default=5_000, help="wild feeds, 0 for none (%(default)s)")
    number("--seed", type=int, default=1, help="of the wild feeds (%(default)s)")
    number("--backlog", type=int, default=100_000, help="files, 0 for none (%(default)s)")
    number("--idle", type=int, default=20, help="feeds of an idle daemon, 0 for none (%(default)s)")
    number("--latency", type=int, default=120, help="files saved, 0 for none (%(default)s)")
    number("--minutes", type=float, default=60, help="under load, 0 for none (%(default)s)")
    number("--feeds", type=int, default=1_000, help="feeds that are read (%(default)s)")
    number("--terms", type=int, default=10_000, help="terms that are looked for (%(default)s)")
    return parser.parse_args(words)


def _stages(
    asked: Namespace, folder: Path, progress: _Progress
) -> Iterator[tuple[str, Iterable[Line], Iterable[str]]]:
    """Yield, stage by stage, its title, what was measured, and which bounds were not kept."""
    compiled = folder / "compiled"

    def count(what: str, most: int) -> Callable[[int], None]:
        return lambda so_far: progress.say(f"{what} {so_far:,} of {most:,}")

    if asked.kills:
        kills = _killed(folder / "kills", asked.kills, progress)
        yield "Kills", kills.lines(), kills.faults
    if asked.hostile:
        heard = count("hostile feeds", asked.hostile)
        readings = asyncio.run(
            wilderness(asked.hostile, seed=asked.seed, tell=lambda so_far: heard(so_far.count))
        )
        yield "Hostile feeds", readings.lines(), readings.broken()
    if asked.backlog:
        heard = count("backlog", asked.backlog)
        taken = backlog(folder / "backlog", asked.backlog, compiled=compiled, tell=heard)
        yield "Backlog", taken.lines(), taken.broken()
    if asked.idle:
        progress.say("idle")
        still = idle(
            folder / "idle", asked.idle, settle_s=_SETTLE_S, seconds=_LISTEN_S, compiled=compiled
        )
        yield "Idle", still.lines(), still.broken()
    if asked.latency:
        heard = count("files saved", asked.latency)
        late = latency(folder / "latency", asked.latency, compiled=compiled, tell=heard)
        yield "From a file to its mail", late.lines(), late.broken()
    if asked.minutes:
        amounts = Amounts(feeds=asked.feeds, terms=asked.terms)
        report = _loaded(folder / "load", asked.minutes * 60, amounts, progress)
        yield "Load", load_lines(report, amounts), report.broken()


def _killed(folder: Path, count: int, progress: _Progress) -> _Kills:
    kills = _Kills()
    folder.mkdir()
    for outcome in campaign(folder, count):
        kills.add(outcome)
        progress.say(f"kills {kills.kills} of {count}, faults {len(kills.faults)}")
    return kills


def _loaded(folder: Path, seconds: float, amounts: Amounts, progress: _Progress) -> Report:
    began = time.monotonic()

    def tell(report: Report) -> None:
        one = report.samples[-1]
        progress.say(
            f"minute {(time.monotonic() - began) / 60:.0f} of {seconds / 60:.0f}, "
            f"{one.own_mb:.0f} MB, with children {one.all_mb:.0f} MB, "
            f"{one.descriptors} descriptors, {one.threads} threads, {one.cpu_s:.0f} s CPU, "
            f"WAL {one.wal_mb:.1f} MB, oldest mail {one.oldest_s:.0f} s"
        )

    return load(folder, seconds, amounts, compiled=folder.parent / "compiled", tell=tell)


def load_lines(report: Report, amounts: Amounts) -> Iterator[Line]:
    """Yield what was measured under load, each with its bound."""
    first, last, warm = report.samples[0], report.samples[-1], report.warm
    seconds = max(last.at - first.at, 1.0)
    yield "feeds, terms", f"{amounts.feeds:,}, {amounts.terms:,}", ""
    yield "minutes", f"{report.seconds / 60:.1f}", ""
    yield "documents that came", f"{report.items:,}", ""
    yield "findings, to three addresses each", f"{report.planted:,}", ""
    yield "of these lost, told twice", f"{len(report.lost)}, {report.doubled}", "0, 0"
    yield "mails", f"{report.mails:,}", ""
    polls = report.polls
    share = 100 * polls.unchanged / max(polls.asked, 1)
    yield "polls of feeds that answer", f"{polls.asked:,}", ""
    yield "of these with an ETag", f"{share:.1f} %", ""
    yield "missed", f"{polls.missed}", "0"
    yield "longest from one poll to the next", f"{polls.longest_s:.0f} s", ""
    yield "CPU of the daemon", f"{100 * (last.cpu_s - first.cpu_s) / seconds:.1f} % of a core", ""
    yield "memory of the daemon", f"{warm[0].own_mb:.0f} to {warm[-1].own_mb:.0f} MB", ""
    most = max(one.all_mb for one in report.samples)
    yield "the most, with its children", f"{most:.0f} MB", f"{MOST_MB:.0f} MB"
    slope = report.slope
    if slope is None:
        yield "growth of the daemon", "too short a run to tell", ""
    else:
        told = f"{slope.middle:+.2f} MB an hour ({slope.low:+.2f} to {slope.high:+.2f})"
        yield "growth of the daemon, with 95 % interval", told, f"surely over {MOST_GROWTH_MB:.0f}"
    counts = sorted({one.descriptors for one in warm})
    yield "open files", f"{counts[0]} to {counts[-1]}", "no more in the second half"
    yield "threads", f"{max(one.threads for one in warm)}", ""
    yield "largest WAL", f"{max(one.wal_mb for one in report.samples):.1f} MB", ""
    yield "longest wait of a mail", f"{max(one.oldest_s for one in report.samples):.0f} s", ""
    levels = ", ".join(f"{level} {count:,}" for level, count in sorted(report.levels.items()))
    yield "lines of the log", levels, ""
    yield "errors that nobody provoked", f"{len(report.strange)}", "0"
    share = 100 * report.own_cpu_s / max(report.seconds, 1.0)
    yield "CPU of the servers on the other side", f"{share:.1f} % of a core", ""


if __name__ == "__main__":
    sys.exit(main())
