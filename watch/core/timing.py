"""When to look next, when to try again. `chance` is a random number in [0, 1)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from watch.core.model import HostState, Move, Wishes

LONGEST_POLL = timedelta(hours=24)
"""Sources that fail back off to once a day, never to never; longer no wish is heeded."""
PAUSED_POLL = timedelta(days=7)
"""How often a source is asked that said it is gone for good."""
_POLL_JITTER = 0.2

SHORTEST_PACE = timedelta(minutes=15)
LONGEST_PACE = timedelta(hours=1)
LONGEST_PACE_IN_FULL = timedelta(hours=4)
"""The bounds of how often a feed is asked that nobody set an interval for; the last one is for
servers that give no validators: each answer of theirs is the whole feed."""
_WEEK = timedelta(days=7)
_HOUR = timedelta(hours=1)

MOVED_AFTER = timedelta(days=7)
"""How long a server must keep to a permanent redirect before it is believed."""
_GONE_AGAIN = timedelta(hours=20)
"""Within this time a second 410 says nothing new."""
GONE_TIMES = 3
"""On how many days a server must say that something is gone for good."""

_SHORTEST_REST = timedelta(minutes=1)
_FIRST_REST = timedelta(minutes=15)
"""How long a host is left alone that asked for it without saying how long; doubled each time
within a week, up to a day."""
_REPEATED = 2

FIRST_RETRY = timedelta(seconds=300)
LONGEST_RETRY = timedelta(seconds=4000)
"""As Postfix waits between attempts by default: 5 minutes, doubling to 67."""
_RETRY_JITTER = 0.2
GIVE_UP_AFTER = timedelta(days=5)
"""How long a message is tried, as mail servers do."""

SHORTEST_SCAN = timedelta(seconds=5)
_SCAN_SHARE = 20
"""Scanning a folder takes at most one part in so many of the time."""


def next_poll(now: datetime, every: timedelta, *, failures: int, chance: float) -> datetime:
    """Return when to read a source again that failed so many times in a row."""
    wait = min(every * 2.0 ** min(failures, 20), max(every, LONGEST_POLL))
    return now + wait * (1 + _POLL_JITTER * chance)


def pace_of(published: Iterable[datetime | None], now: datetime, *, is_whole: bool) -> timedelta:
    """Return how often a feed is worth asking: as often as it brought an entry within a week.

    `is_whole` says that each answer is the whole feed, for want of validators. A feed whose
    entries have no dates is taken for a lively one.
    """
    longest = LONGEST_PACE_IN_FULL if is_whole else LONGEST_PACE
    dates = [moment for moment in published if moment is not None]
    if not dates:
        return LONGEST_PACE if is_whole else SHORTEST_PACE
    lately = sum(now - moment < _WEEK for moment in dates)
    return min(max(_WEEK / max(lately, 1), SHORTEST_PACE), longest)


def next_reading(
    now: datetime, every: timedelta, *, wishes: Wishes, fresh_for: timedelta, chance: float
) -> datetime:
    """Return when to read a source again that could be read: no sooner than it wishes.

    Its wishes are heeded for a day at the most, its quiet hours and days as a delay alone.
    """
    wished = min(max(wishes.wait, fresh_for), LONGEST_POLL)
    due = now + max(every, wished) * (1 + _POLL_JITTER * chance)
    latest = max(due, now + LONGEST_POLL)
    while due < latest and _is_quiet(due, wishes.quiet_hours, wishes.quiet_days):
        due = min(due.replace(minute=0, second=0, microsecond=0) + _HOUR, latest)
    return due


def _is_quiet(moment: datetime, hours: Collection[int], days: Collection[int]) -> bool:
    return moment.hour in hours or moment.weekday() in days


def move_of(before: Move | None, to: str | None, now: datetime) -> tuple[Move | None, bool]:
    """Return what is held of a move after an answer, and whether it is proved by now.

    `to` is where the answer says that it has moved for good. One that changes its mind, or
    answers at the old address again, begins anew.
    """
    if to is None:
        return None, False
    if before is None or before.to != to:
        return Move(to=to, since=now), False
    return before, now - before.since >= MOVED_AFTER


def counts_as_gone(at: datetime | None, now: datetime) -> bool:
    """Whether a 410 is to be counted, one having been counted at that time."""
    return at is None or now - at >= _GONE_AGAIN


def rest_of(
    before: HostState | None, host: str, now: datetime, *, asked: timedelta | None, chance: float
) -> HostState:
    """Return how long a host is left alone that refused: as it asked, else longer each time.

    `asked` is its Retry-After, heeded from a minute to a day.
    """
    is_new = before is None or now - before.refused >= _WEEK
    refusals = 1 if before is None or is_new else before.refusals + 1
    rest = asked if asked is not None else _FIRST_REST * 2.0 ** min(refusals - 1, 20)
    rest = min(max(rest, _SHORTEST_REST), LONGEST_POLL)
    return HostState(
        host=host,
        closed_until=now + rest * (1 + _POLL_JITTER * chance),
        refusals=refusals,
        refused=now,
    )


def slowed(every: timedelta, host: HostState | None, now: datetime) -> timedelta:
    """Return how often to ask at a host; half as often within a week of repeated refusals."""
    if host is None or host.refusals < _REPEATED or now - host.refused >= _WEEK:
        return every
    return every * 2


def next_scan(every: timedelta | None, took: timedelta) -> timedelta:
    """Return how long to wait before a folder is scanned again that took so long."""
    return max(every or SHORTEST_SCAN, took * _SCAN_SHARE)


def next_try(now: datetime, *, attempts: int, chance: float) -> datetime:
    """Return when to try a message again that failed so many times; attempts count from 1."""
    wait = min(FIRST_RETRY * 2.0 ** min(attempts - 1, 20), LONGEST_RETRY)
    return now + wait * (1 - _RETRY_JITTER / 2 + _RETRY_JITTER * chance)


JUMP = timedelta(seconds=5)
"""A difference that no slow machine, and no clock that is being slewed, makes from one look to the
next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """What the wall clock and a clock that nobody sets show at one moment."""

    wall: datetime
    running: float
    """In seconds, from any beginning; it goes on while the machine sleeps."""


def jump_of(before: ClockReading, after: ClockReading) -> timedelta | None:
    """Return by how much the wall clock was set between two readings; None if it was not."""
    passed = timedelta(seconds=after.running - before.running)
    jump = after.wall - before.wall - passed
    return jump if abs(jump) >= JUMP else None
