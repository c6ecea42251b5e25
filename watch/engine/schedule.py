"""What is looked at, and how often. What is due then, the rows say."""

from collections.abc import Iterator
from dataclasses import dataclass

from watch.core.timing import SHORTEST_SCAN
from watch.pipeline.job import Context, Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A job that is hinted at again and again."""

    job: Job
    every_s: float


def ticks_of(context: Context) -> Iterator[Tick]:
    """Yield the ticks that a configuration asks for."""
    for folder in context.folders.values():
        every = folder.every or SHORTEST_SCAN
        yield Tick(job=Job("scan_folder", folder.name), every_s=every.total_seconds())
    if context.feeds:
        yield Tick(job=Job("poll_due"), every_s=1)
    yield Tick(job=Job("make_alerts"), every_s=1)
    yield Tick(job=Job("deliver"), every_s=1)
    yield Tick(job=Job("reload_rules"), every_s=1)
