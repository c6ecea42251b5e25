"""How fast documents come in, from a feed or a file to the mail at the server.

What is counted is the CPU of whole processes, from start to end, imports and children included.
What it is compared with runs before and after it, and of some rounds the middle one is told:
others use the machine too, and what slows one slows its neighbour.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.corpus import a_language, names
from tests.bench.costs import PREFIX, Command, Cost, as_installed, cost_of, idle_share
from tests.bench.desk import ROOT, Desk, Peers
from tests.bench.news import ITEMS, LONG, SHORT, feeds, texts

TERMS = 1_000
QUIET_ITEMS = 3
"""Items in a feed of which is asked only whether there is anything new."""
USUAL_SHARE = 10
"""Scripts of the usual kind get one in so many of the feeds: they take their time."""
_ONCE = (sys.executable, "-m", "watch", "once")
_RUN = (sys.executable, "-m", "watch", "run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How much is measured."""

    feeds: int = 200
    quiet_feeds: int = 1_000
    texts: int = 10_000
    many_texts: int = 100_000
    rounds: int = 3
    settle_s: int = 30
    """How long a daemon may take to read its feeds before it counts as idle."""
    idle_s: int = 60


QUICK = Amounts(
    feeds=20, quiet_feeds=40, texts=500, many_texts=1_000, rounds=1, settle_s=10, idle_s=5
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One measurement."""

    what: str
    documents: int = 0
    findings: int = 0
    """In the database, at the end."""
    mails: int = 0
    """At the server."""
    cost: Cost
    beside: str = ""
    """What it is compared with."""
    beside_s: float | None = None
    """The CPU seconds of that."""
    figure: str
    """What the claim is about."""
    claim: str = ""
    """What the figure is to be at the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """One run, and what is compared with it."""

    cost: Cost
    beside_s: float
    start_s: float = 0.0
    """What a start costs after which nothing is due."""

    @property
    def times(self) -> float:
        """How many times as much as its neighbour it costs, the start apart."""
        return (self.cost.cpu_s - self.start_s) / self.beside_s


class Bench:
    """A folder in which each measurement has a desk of its own."""

    def __init__(self, folder: Path, amounts: Amounts) -> None:
        self._folder = folder
        self._amounts = amounts
        self._environment = as_installed(ROOT, folder / "compiled")
        self._is_warm = PREFIX not in self._environment

    def cold_start(self) -> Line:
        """Measure the first reading of many feeds, all of it news, up to the last mail."""
        count = self._amounts.feeds
        desk = self._desk("cold", feeds(count, ITEMS, _names()))
        alone = (sys.executable, "-m", "tests.bench.feedparser_alone", desk.path / "served")
        with desk.open() as servers:
            middle, mails = self._rounds(desk, servers, alone)
        documents, findings = desk.counts()
        return Line(
            what=f"{count:,} feeds of {ITEMS} new items",
            documents=documents,
            findings=findings,
            mails=mails,
            cost=middle.cost,
            beside="feedparser alone",
            beside_s=middle.beside_s,
            figure=f"{middle.times:.1f} times",
            claim="3",
        )

    def usual(self) -> Line:
        """Measure a script of the usual kind at some of the same feeds."""
        count = max(1, self._amounts.feeds // USUAL_SHARE)
        desk = self._desk("usual", feeds(count, ITEMS, _names()))
        alone = (sys.executable, "-m", "tests.bench.feedparser_alone", desk.path / "served")
        with desk.open() as servers:
            before = servers.mails()
            ports = (str(servers.web), str(servers.post))
            script = (sys.executable, "-m", "tests.bench.usual", *ports, str(count), desk.names)
            cost = self._cost(desk, script)
            other = self._cost(desk, alone)
            mails = servers.mails() - before
        return Line(
            what=f"{count:,} of these feeds, a script",
            mails=mails,
            cost=cost,
            beside="feedparser alone",
            beside_s=other.cpu_s,
            figure=f"{cost.cpu_s / other.cpu_s:.1f} times",
        )

    def not_modified(self) -> Line:
        """Measure a round over feeds of which none has changed."""
        count = self._amounts.quiet_feeds
        desk = self._desk("quiet", feeds(count, QUIET_ITEMS, _names()))
        rounds = []
        with desk.open():
            self._cost(desk, _ONCE)
            for _ in range(self._amounts.rounds):
                start = self._cost(desk, _ONCE)
                desk.make_due()
                rounds.append(_Round(cost=self._cost(desk, _ONCE), beside_s=start.cpu_s))
        middle = _middle(rounds, lambda one: one.cost.cpu_s - one.beside_s)
        return Line(
            what=f"{count:,} feeds that answer 304",
            cost=middle.cost,
            beside="nothing due",
            beside_s=middle.beside_s,
            figure=f"{middle.cost.cpu_s - middle.beside_s:.1f} s more",
            claim="2",
        )

    def idle(self) -> Line:
        """Measure a daemon that has read its feeds and waits for them to be due again."""
        count, idle_s = self._amounts.feeds, self._amounts.idle_s
        desk = self._desk("idle", feeds(count, QUIET_ITEMS, _names()))
        with desk.open():
            share, cost = idle_share(
                _RUN,
                desk.path,
                self._environment,
                settle_s=self._amounts.settle_s,
                idle_s=idle_s,
            )
        return Line(
            what=f"{idle_s} s idle with {count:,} feeds",
            cost=cost,
            figure=f"{share:.2%} of a core",
            claim="0.5",
        )

    def texts(self, count: int, length: int, *, rounds: int | None = None, claim: str = "") -> Line:
        """Measure how the files of a folder become findings, the start apart."""
        desk = self._desk(f"{count} of {length}")
        desk.fill(texts(count, length, _names()))
        grep = ("grep", "-r", "-F", "-i", "-w", "-f", desk.names, desk.path / "inbox")
        with desk.open() as servers:
            # Where letters are more than bytes it takes a thousand times as long.
            in_bytes = ("env", "LC_ALL=C", *grep)
            middle, mails = self._rounds(
                desk, servers, in_bytes, rounds=rounds, is_start_apart=True
            )
        documents, findings = desk.counts()
        return Line(
            what=f"{count:,} files of {length / 1_000:.1f} kB",
            documents=documents,
            findings=findings,
            mails=mails,
            cost=middle.cost,
            beside="grep -F -i -w -f",
            beside_s=middle.beside_s,
            figure=f"{middle.times:.1f} times",
            claim=claim,
        )

    def _rounds(
        self,
        desk: Desk,
        servers: Peers,
        beside: Command,
        *,
        rounds: int | None = None,
        is_start_apart: bool = False,
    ) -> tuple[_Round, int]:
        """Return the middle of some rounds from nothing, and how many mails the last brought."""
        done: list[_Round] = []
        mails = 0
        other = self._cost(desk, beside).cpu_s
        for _ in range(rounds or self._amounts.rounds):
            desk.begin_anew()
            before = servers.mails()
            cost = self._cost(desk, _ONCE)
            mails = servers.mails() - before
            start_s = self._cost(desk, _ONCE).cpu_s if is_start_apart else 0.0
            other, last = self._cost(desk, beside).cpu_s, other
            done.append(_Round(cost=cost, beside_s=(last + other) / 2, start_s=start_s))
        return _middle(done, lambda one: one.times), mails

    def _desk(self, name: str, made: list[bytes] | None = None) -> Desk:
        desk = Desk.made(self._folder / name, _names(), made or ())
        if not self._is_warm:
            with desk.open():
                self._cost(desk, _ONCE)  # whoever runs first compiles the modules
            desk.begin_anew()
            self._is_warm = True
        return desk

    def _cost(self, desk: Desk, command: Command) -> Cost:
        return cost_of(command, desk.path, self._environment)


STEPS: tuple[Callable[[Bench, Amounts], Line], ...] = (
    lambda bench, _: bench.cold_start(),
    lambda bench, _: bench.usual(),
    lambda bench, _: bench.not_modified(),
    lambda bench, _: bench.idle(),
    lambda bench, amounts: bench.texts(amounts.texts, LONG, claim="15"),
    lambda bench, amounts: bench.texts(amounts.texts, SHORT),
    lambda bench, amounts: bench.texts(amounts.many_texts, SHORT, rounds=1),
)


def lines(amounts: Amounts) -> Iterator[Line]:
    """Yield all measurements."""
    with TemporaryDirectory(prefix="watchlist-bench-") as name:
        bench = Bench(Path(name), amounts)
        for step in STEPS:
            yield step(bench, amounts)


@cache
def _names() -> list[str]:
    return names(a_language("en"), TERMS)


def _middle(rounds: list[_Round], key: Callable[[_Round], float]) -> _Round:
    return sorted(rounds, key=key)[len(rounds) // 2]
