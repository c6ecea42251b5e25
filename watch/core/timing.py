"""When to look next, when to try again. `chance` is a random number in [0, 1)."""

from datetime import datetime, timedelta

LONGEST_POLL = timedelta(hours=24)
"""Sources that fail back off to once a day, never to never."""
_POLL_JITTER = 0.2

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


def next_scan(every: timedelta | None, took: timedelta) -> timedelta:
    """Return how long to wait before a folder is scanned again that took so long."""
    return max(every or SHORTEST_SCAN, took * _SCAN_SHARE)


def next_try(now: datetime, *, attempts: int, chance: float) -> datetime:
    """Return when to try a message again that failed so many times; attempts count from 1."""
    wait = min(FIRST_RETRY * 2.0 ** min(attempts - 1, 20), LONGEST_RETRY)
    return now + wait * (1 - _RETRY_JITTER / 2 + _RETRY_JITTER * chance)
