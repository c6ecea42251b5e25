"""Hundreds of kills, two daemons at a time, and what came of them."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from queue import SimpleQueue
from subprocess import TimeoutExpired

from tests.reliability.desk import SOURCES
from tests.reliability.kills import RAIDS, RANDOM_RAID, Raid, come_to_rest, raid_at_random
from tests.reliability.nursery import Nursery
from tests.reliability.oracle import check, count_extra

AT_ONCE = 2
_NAMED_SHARE = 3
"""One in so many kills is at a place that has a name; the others are at random."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of some kills that followed on one another."""

    name: str
    kills: int = 0
    told: int = 0
    """Documents times addresses, none of which was lost."""
    doubled: int = 0
    """Mails that came once more, each for a kill that left its fate unknown."""
    fault: str = ""
    """What was not as promised."""


def campaign(folder: Path, kills: int, raids: Mapping[str, Raid] = RAIDS) -> Iterator[Outcome]:
    """Kill daemons so many times, in each raid once at least; yield what came of it as it comes."""
    each = sum(raid.count for raid in raids.values())
    rounds = max(1, kills // _NAMED_SHARE // each)
    left = max(0, kills - rounds * each)
    jobs = [
        *chain.from_iterable(repeat([*raids.items()], rounds)),
        *(_at_random(seed) for seed in range(-(-left // RANDOM_RAID))),
    ]
    with ExitStack() as opened:
        free: SimpleQueue[Nursery] = SimpleQueue()
        for _ in range(AT_ONCE):
            free.put(opened.enter_context(Nursery(folder / "compiled")))
        lanes = opened.enter_context(ThreadPoolExecutor(AT_ONCE))
        ends = [
            lanes.submit(_run, folder / str(number), free, name, raid)
            for number, (name, raid) in enumerate(jobs)
        ]
        for end in as_completed(ends):
            yield end.result()


def _at_random(seed: int) -> tuple[str, Raid]:
    kill = partial(raid_at_random, seed=seed)
    return f"at random, seed {seed}", Raid(kill=kill, count=RANDOM_RAID, sources=SOURCES)


def _run(path: Path, free: SimpleQueue[Nursery], name: str, raid: Raid) -> Outcome:
    nursery = free.get()
    try:
        with raid.desk(path, nursery) as desk:
            try:
                raid.kill(desk)
                come_to_rest(desk)
                check(desk)
            except (AssertionError, TimeoutExpired) as error:
                return Outcome(name=name, kills=len(desk.kills), fault=str(error))
            return Outcome(
                name=name,
                kills=len(desk.kills),
                told=sum(len(entry.addresses) for entry in desk.ledger),
                doubled=count_extra(desk),
            )
    finally:
        free.put(nursery)
