"""When a feed wants to be asked again: ttl, skipHours, skipDays (RSS 2.0), sy:updatePeriod."""

import re
from collections.abc import Mapping
from datetime import timedelta

from watch.core.model import Wishes
from watch.ingest.extract.markup import without_unseen

LONGEST = timedelta(days=366)
"""No wish is taken for longer than this."""

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBER = re.compile(r"[0-9]{1,9}")
_VALUE = re.compile(r"<(?:hour|day)\b[^<>]*>([^<>]{0,20})<", re.IGNORECASE)
_ENTRY = re.compile(r"<((?:\w+:)?(?:item|entry))(?=[\s/>])", re.IGNORECASE)
_HOURS_OF_A_DAY = 24
_LIST_LENGTH = 4_000
"""How much of a list is read, in characters."""


def wishes_of(channel: Mapping[str, object], xml: str) -> Wishes:
    """Return what a feed wishes. `channel` is what feedparser tells of it, `xml` its text.

    feedparser gives the last of the hours and days to skip alone, so they are looked for in the
    text. What cannot be read is not wished, nor is to be asked at no hour or on no day.
    """
    period = _PERIODS.get(_word(channel, "sy_updateperiod"), timedelta(0))
    frequency = _number(_word(channel, "sy_updatefrequency") or "1") or 0
    minutes = _number(_word(channel, "ttl")) or 0
    wait = max(
        period / frequency if frequency else timedelta(0),
        timedelta(minutes=minutes) if minutes < LONGEST / timedelta(minutes=1) else LONGEST,
    )
    outside = _outside_of_entries(xml)
    hours, days = _quiet_hours(outside), _quiet_days(outside)
    return Wishes(
        wait=wait,
        quiet_hours=hours if len(hours) < _HOURS_OF_A_DAY else frozenset(),
        quiet_days=days if len(days) < len(_DAYS) else frozenset(),
    )


def _quiet_hours(outside: str) -> frozenset[int]:
    hours = (_number(value) for value in _listed(outside, "skipHours"))
    return frozenset(
        hour % _HOURS_OF_A_DAY for hour in hours if hour is not None and hour <= _HOURS_OF_A_DAY
    )


def _quiet_days(outside: str) -> frozenset[int]:
    return frozenset(_DAYS.index(day) for day in _listed(outside, "skipDays") if day in _DAYS)


def _listed(outside: str, name: str) -> list[str]:
    """Return what is listed in an element outside of the entries, in lower case."""
    if name not in outside:
        name = name.lower()
        if name not in outside:
            return []
    channel = without_unseen(outside)
    start = channel.find(f"<{name}")
    end = channel.find(f"</{name}", start)
    values = _VALUE.findall(channel[start : min(end, start + _LIST_LENGTH)]) if start < end else []
    return [value.strip().lower() for value in values]


def _outside_of_entries(xml: str) -> str:
    first = _ENTRY.search(xml)
    if first is None:
        return xml
    # The last one is not looked for among all that is in the others.
    last = xml.rfind(f"</{first[1]}", first.end())
    return xml[: first.start()] + (xml[last:] if last > 0 else "")


def _word(channel: Mapping[str, object], name: str) -> str:
    value = channel.get(name)
    return value.strip().lower() if isinstance(value, str) else ""


def _number(word: str) -> int | None:
    return int(word) if _NUMBER.fullmatch(word) else None
