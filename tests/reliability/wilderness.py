"""Wild feeds by the thousand, each read as the daemon does it, and what came of them."""

import asyncio
import importlib
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.heartbeat import heartbeat
from tests.reliability.table import Line
from tests.reliability.wild import URL, Wild, tame, wild_feed
from watch.core.model import Validators
from watch.errors import NotReadableError, SourceError
from watch.ingest.feed import ParsedFeed, read_feed
from watch.ingest.sandbox import Sandbox
from watch.ingest.web import Fetched

WITHIN_S = 10.0
MOST_STALL_S = 0.1
LANES = 2
"""How many are read at once, as by the daemon."""
TRIES = 2
"""The quicker of some counts where one takes too long: others use the machine too."""


@dataclass(slots=True)
class Readings:
    """What came of all feeds so far."""

    seed: int
    read: int = 0
    refused: int = 0
    stopped: int = 0
    """Refused because the parser ran into a limit and was ended."""
    crashed: int = 0
    degraded: int = 0
    """Read, but less than stood in what it was made of, or not all that stands in it."""
    empty: int = 0
    """Of those read, without an entry; the daemon notes that of the source."""
    slowest_s: float = 0.0
    slowest: str = ""
    stall_s: float = 0.0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Return how many came to an end."""
        return self.read + self.refused + self.stopped + self.crashed

    def broken(self) -> Iterator[str]:
        """Yield the bounds that were not kept."""
        yield from self.faults
        if self.stall_s > MOST_STALL_S:
            yield f"hostile: the main loop stood still for {1000 * self.stall_s:.0f} ms"

    def lines(self) -> Iterator[Line]:
        """Yield what was measured, each with its bound."""
        yield "feeds, seed", f"{self.count:,}, {self.seed}", ""
        yield "read", f"{self.read:,}", ""
        yield "of these with less than before the damage", f"{self.degraded:,}", ""
        yield "of these without an entry, which is noted", f"{self.empty:,}", ""
        yield "refused", f"{self.refused:,}", ""
        yield "stopped at a limit", f"{self.stopped:,}", ""
        yield "crashed, hung, or silently nothing", f"{len(self.faults)}", "0"
        yield "slowest", f"{self.slowest_s:.1f} s ({self.slowest})", f"{WITHIN_S:.0f} s"
        most = f"{1000 * MOST_STALL_S:.0f} ms"
        yield "longest stall of the main loop", f"{1000 * self.stall_s:.0f} ms", most
        yield "minutes", f"{self.seconds / 60:.1f}", ""


async def wilderness(
    count: int, *, seed: int = 1, tell: Callable[[Readings], None] = lambda _: None
) -> Readings:
    """Read so many wild feeds; `tell` hears of each."""
    readings = Readings(seed=seed)
    began = time.monotonic()
    # The second makes the feeds, and knows what is in them: what that takes is nobody's stall.
    with Sandbox(workers=LANES) as sandbox, Sandbox(workers=LANES) as other:
        stood = dict([await _stood(sandbox, name, body) for name, body in tame()])
        numbers = iter(range(count))

        async def lane() -> None:
            for number in numbers:
                wild = await other.run(wild_feed, seed, number)
                await _read(readings, number, wild, (sandbox, other), stood)
                tell(readings)

        async with heartbeat() as heart, asyncio.TaskGroup() as group:
            for _ in range(LANES):
                group.create_task(lane())
        readings.stall_s = heart.longest_s
    readings.seconds = time.monotonic() - began
    return readings


async def _stood(sandbox: Sandbox, name: str, body: bytes) -> tuple[str, int]:
    """Return the name of a tame feed and how many entries are read of it."""
    try:
        return name, len((await read_feed(sandbox, _fetched(body, None))).entries)
    except SourceError:
        return name, 0


async def _read(
    readings: Readings,
    number: int,
    wild: Wild,
    sandboxes: tuple[Sandbox, Sandbox],
    stood: dict[str, int],
) -> None:
    sandbox, other = sandboxes
    end, seconds = await _end(sandbox, wild)
    for _ in range(TRIES - 1):
        if seconds > WITHIN_S:
            end, again_s = await _end(sandbox, wild)
            seconds = min(seconds, again_s)
    if seconds > readings.slowest_s:
        readings.slowest_s, readings.slowest = seconds, f"number {number}"
    fault = f"took {seconds:.1f} s" if seconds > WITHIN_S else ""
    if isinstance(end, ParsedFeed):
        readings.read += 1
        before = stood[wild.name.partition(",")[0]]
        readings.degraded += len(end.entries) < before or end.left_out > 0
        readings.empty += not end.entries
        if not end.entries and (missed := await _named_alone(other, wild)):
            fault = f"has no entry, of {missed} that feedparser finds"
    elif isinstance(end, NotReadableError):
        readings.refused += 1
    elif isinstance(end, SourceError):
        readings.stopped += 1
    else:
        readings.crashed += 1
        fault = f"crashed with {end!r}"
    if fault:
        replay = f"python -m tests.reliability.wild {readings.seed} {number}"
        readings.faults.append(f"hostile: {wild.name}: {fault} ({replay})")


async def _end(sandbox: Sandbox, wild: Wild) -> tuple[ParsedFeed | Exception, float]:
    """Return what came of reading a feed, and after how many seconds."""
    began = time.monotonic()
    try:
        end: ParsedFeed | Exception
        end = await read_feed(sandbox, _fetched(wild.body, wild.content_type))
    except Exception as error:  # noqa: BLE001 (what comes out is what is looked for)
        end = error
    return end, time.monotonic() - began


def _fetched(body: bytes, content_type: str | None) -> Fetched:
    return Fetched(url=URL, body=body, content_type=content_type, validators=Validators())


async def _named_alone(other: Sandbox, wild: Wild) -> int:
    """Return how many entries feedparser finds that have a title or a link; 0 when it fails."""
    try:
        return await other.run(_count_named, wild.body, wild.content_type)
    except SourceError:
        return 0


def _count_named(body: bytes, content_type: str | None) -> int:
    # In a child alone: what reads a feed there must not be loaded here.
    feedparser = importlib.import_module("feedparser")
    headers = {"content-type": content_type or "application/xml", "content-location": URL}
    entries = feedparser.parse(
        io.BytesIO(body),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers=headers,
    )["entries"]
    return sum(
        any(dict(entry).get(name, "").strip() for name in ("title", "link")) for entry in entries
    )
