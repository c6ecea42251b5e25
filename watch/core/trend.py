"""How often something came on each of the last days, and that drawn in one line. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

_BLOCKS = "▁▂▃▄▅▆▇█"
_HIGHEST = len(_BLOCKS) - 1


def counts_by_day(
    moments: Iterable[datetime], now: datetime, zone: tzinfo, days: int = 14
) -> tuple[int, ...]:
    """Return how many moments fall on each of the last dates of a zone; the last is today.

    A moment still to come counts if it falls on today.
    """
    today = now.astimezone(zone).toordinal()
    # Dates in documents may be the first or last there is, which no zone can show.
    near = timedelta(days=days + 1)
    counts = [0] * days
    for moment in moments:
        if abs(now - moment) < near:
            age = today - moment.astimezone(zone).toordinal()
            if 0 <= age < days:
                counts[-1 - age] += 1
    return tuple(counts)


def bars(counts: Sequence[int]) -> str:
    """Return counts as block characters, scaled to the largest; one above zero stands out."""
    peak = max(counts, default=0) or 1
    return "".join(_BLOCKS[-(-count * _HIGHEST // peak)] for count in counts)
