"""What a daemon and its children take of a machine, and whether that grows."""

import math
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from statistics import median

_TICKS = os.sysconf("SC_CLK_TCK")
_MB = 1024 * 1024
_Z = 1.96
"""Of the normal distribution: 95 % lie within."""
_MINUTE_S = 60.0
_FEWEST = 15
"""Minutes from which a slope is worth telling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A look at a daemon."""

    at: float
    """On the monotonic clock, in seconds."""
    own_mb: float
    """The resident memory of the daemon itself."""
    all_mb: float
    """With that of its children; what they share is counted for each."""
    descriptors: int
    threads: int
    cpu_s: float
    """Of the daemon and of its living children."""
    wal_mb: float
    oldest_s: float
    """How long the oldest mail waits that is not sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """How something grows, per hour: the middle of all slopes between two points, and its error."""

    middle: float
    low: float
    high: float
    """Between these it is with 95 %."""


def sample(daemon: int, state: Path) -> Sample:
    """Look at a daemon, the leader of its group of processes (proc(5))."""
    group = _group(daemon)
    memory = {pid: _resident_mb(pid) for pid in group}
    wal = state / "watchlist.db-wal"
    return Sample(
        at=time.monotonic(),
        own_mb=memory.get(daemon, 0.0),
        all_mb=sum(memory.values()),
        descriptors=len(list(Path(f"/proc/{daemon}/fd").iterdir())),
        threads=len(list(Path(f"/proc/{daemon}/task").iterdir())),
        cpu_s=sum(map(_cpu_s, group)),
        wal_mb=wal.stat().st_size / _MB if wal.exists() else 0.0,
        oldest_s=_oldest_s(state / "watchlist.db"),
    )


def peak_mb(pid: int) -> float:
    """Return the most resident memory that a process ever had (proc(5): VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("a process without memory")


def slope_of(points: Sequence[tuple[float, float]]) -> Slope | None:
    """Return how the medians of each minute grow, per hour; None where there are too few.

    Sen's estimate: the median of the slopes between all pairs, with the interval that follows
    from the variance of Kendall's statistic (Sen 1968, doi:10.1080/01621459.1968.10480934). What
    jumps and what falls back sway it little.
    """
    minutes: dict[int, list[tuple[float, float]]] = {}
    for at, value in points:
        minutes.setdefault(int(at // _MINUTE_S), []).append((at, value))
    middles = [
        (median(at for at, _ in its), median(value for _, value in its)) for its in minutes.values()
    ]
    count = len(middles)
    if count < _FEWEST:
        return None
    slopes = sorted(
        3600 * (after - before) / (later - earlier)
        for (earlier, before), (later, after) in combinations(middles, 2)
    )
    spread = _Z * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, int((len(slopes) - spread) / 2))
    high = min(len(slopes) - 1, math.ceil((len(slopes) + spread) / 2))
    return Slope(middle=median(slopes), low=slopes[low], high=slopes[high])


def _group(leader: int) -> list[int]:
    pids = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            if int(path.read_text().rpartition(") ")[2].split()[2]) == leader:
                pids.append(int(path.parent.name))
    return pids


def _resident_mb(pid: int) -> float:
    with suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / _MB
    return 0.0


def _cpu_s(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        # With that of children that ended and were waited for.
        return sum(map(int, fields[11:15])) / _TICKS
    return 0.0


def _oldest_s(database: Path) -> float:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        (oldest,) = connection.execute(
            "SELECT min(created) FROM messages WHERE state IN ('waiting', 'claimed', 'marked')"
        ).fetchone()
    if oldest is None:
        return 0.0
    return (datetime.now(UTC) - datetime.fromisoformat(oldest).replace(tzinfo=UTC)).total_seconds()
