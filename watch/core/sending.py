"""When a subscription's mails go out, on its recipient's wall clock. Pure.

Where a clock is changed, a wall time that is skipped counts as the first moment after the gap, one
that comes twice as the first of the two. A date that is skipped as a whole (Apia, 30 December
2011) has no times. Beyond what a datetime can hold, all moments are the last that it can.
"""

import difflib
import re
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DAILY = frozenset(range(7))
_DAY_NAMES = (
    "mondays", "tuesdays", "wednesdays", "thursdays", "fridays", "saturdays", "sundays",
)  # fmt: skip
_DAYS = {
    "daily": _DAILY,
    "weekdays": frozenset(range(5)),
    "weekends": frozenset({5, 6}),
    **{name: frozenset({number}) for number, name in enumerate(_DAY_NAMES)},
}

_MINUTE = timedelta(minutes=1)
_SHORTEST = _MINUTE
_LONGEST = timedelta(hours=24)
_FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)
_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)
_LEAD_DAYS = 3
"""So many dates before that of a moment in any zone, and what is due on it has come in every zone:
zones differ by up to 26 hours, and what is skipped comes up to a day late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When digests go out: at intervals or at a time of day; without one, mails go out at once.

    Raises ValueError for one that never comes, or that could not be written.
    """

    every: timedelta | None = None
    """Whole minutes, counted from the recipient's midnight: every 30m is at :00 and :30."""
    days: frozenset[int] = _DAILY
    """On which `at` holds; Monday is 0."""
    at: time | None = None
    """Wall time, in whole minutes."""

    def __post_init__(self) -> None:
        if (self.every is None) == (self.at is None):
            raise ValueError("a schedule has either an interval or a time of day")
        if not self.days or not self.days <= _DAILY:
            raise ValueError("a schedule has at least one day, from 0 for monday to 6")
        if self.at is not None:
            _check_wall_time(self.at)
        elif self.days != _DAILY:
            raise ValueError("a schedule with days has a time of day")
        if self.every is not None and (
            not _SHORTEST <= self.every <= _LONGEST or self.every % _MINUTE
        ):
            raise ValueError("an interval has whole minutes, from 1 minute to 24 hours")

    def __str__(self) -> str:
        """Return it as its author may write it: `weekdays at 07:00`."""
        if self.every is None:
            return f"{_days_shown(self.days)} at {self.at:%H:%M}"
        minutes = self.every // _MINUTE
        return f"every {minutes}m" if minutes % 60 else f"every {minutes // 60}h"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Wall times between which mails are held, every day; they may cross midnight.

    Raises ValueError where the two are equal.
    """

    start: time
    end: time
    """The first minute in which mails go out again."""

    def __post_init__(self) -> None:
        _check_wall_time(self.start)
        _check_wall_time(self.end)
        if self.start == self.end:
            remedy = 'write two different times, such as "22:00-06:00"'
            raise ValueError(f'"{self}" is quiet either always or never: {remedy}')

    def __str__(self) -> str:
        """Return it as its author may write it: `22:00-06:00`."""
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def _check_wall_time(wall: time) -> None:
    if wall.tzinfo or wall.second or wall.microsecond:
        raise ValueError("a wall time has hours and minutes, and no zone")


def _days_shown(days: frozenset[int]) -> str:
    for name, named in _DAYS.items():
        if named == days:
            return name
    *others, last = (_DAY_NAMES[day] for day in sorted(days))
    return f"{', '.join(others)} and {last}"


def next_time(schedule: Schedule, zone: tzinfo, after: datetime) -> datetime:
    """Return the first moment of a schedule after another, in UTC.

    An interval counts the time that really passes, from the first moment of a date to that of
    the next. Where none is left before year 10000, the last moment of a datetime is returned.
    """
    for day in _days_about(after):
        start, end = _start_of(day, zone), _end_of(day, zone)
        if start == end:
            continue  # a date that this zone skipped
        if schedule.every is not None:
            steps = max(0, (after - start) // schedule.every + 1)
            if steps * schedule.every < end - start:
                return start + steps * schedule.every
        elif schedule.at is not None and day.weekday() in schedule.days:
            moment = _moment_of(datetime.combine(day, schedule.at), zone)
            if moment > after:
                return moment
    return _LAST_MOMENT


def quiet_until(quiet: QuietHours, zone: tzinfo, now: datetime) -> datetime | None:
    """Return when the present quiet ends, in UTC; None when it is not quiet now.

    Where a gap makes two nights touch, the quiet ends with the second: its end is never quiet.
    """
    until = now
    for day in _days_about(now):
        start = _moment_of(datetime.combine(day, quiet.start), zone)
        if start > until:
            break
        if quiet.start < quiet.end:
            end = _moment_of(datetime.combine(day, quiet.end), zone)
        else:
            end = _moment_after(day, quiet.end, zone)
        until = max(until, end)
    return until if until > now else None


def _days_about(moment: datetime) -> Iterator[date]:
    """Yield dates in order, from one that is over in every zone."""
    first = max(date.min.toordinal(), moment.toordinal() - _LEAD_DAYS)
    return map(date.fromordinal, range(first, date.max.toordinal() + 1))


def _start_of(day: date, zone: tzinfo) -> datetime:
    return _moment_of(datetime.combine(day, time.min), zone)


def _end_of(day: date, zone: tzinfo) -> datetime:
    return _moment_after(day, time.min, zone)


def _moment_after(day: date, wall: time, zone: tzinfo) -> datetime:
    """Return when a wall time comes on the date after one."""
    if day == date.max:
        return _LAST_MOMENT
    return _moment_of(datetime.combine(day + timedelta(days=1), wall), zone)


def _moment_of(wall: datetime, zone: tzinfo) -> datetime:
    """Return the first moment at which a wall clock shows a time or, where it jumps, a later one.

    It never goes back: a later wall time never gives an earlier moment.
    """
    try:
        # PEP 495: fold=0 takes the offset before a change of the clock, fold=1 the one after it.
        by_old, by_new = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        return _FIRST_MOMENT if wall.year == date.min.year else _LAST_MOMENT
    if by_old <= by_new:
        return by_old
    # In a gap the two lie round the change of the clock, which falls on a whole second.
    second = timedelta(seconds=1)

    def is_reached(count: int) -> bool:
        return (by_new + count * second).astimezone(zone).replace(tzinfo=None) >= wall

    gap = range((by_old - by_new) // second)
    return by_new + bisect_left(gap, True, key=is_reached) * second  # noqa: FBT003 (what is sought)


_FORMS = '"at once", "every 30m", "daily at 07:00", "weekdays at 07:00" or "mondays at 09:30"'
_MEANT = {
    "asap": "at once",
    "at once": "at once",
    "immediately": "at once",
    "instantly": "at once",
    "now": "at once",
    "once": "at once",
    "every hour": "every 1h",
    "every minute": "every 1m",
    "half-hourly": "every 30m",
    "hourly": "every 1h",
    "every day": "daily at 07:00",
    "every week": "mondays at 07:00",
    "weekly": "mondays at 07:00",
}
"""What else people write, and what it is here."""
_ALIKE = 0.7
"""How near a misspelt word must be, as difflib counts: `mondy` is, `monday-friday` is not."""
_SHORTEST_STUB = 3

_EVERY = re.compile(r"every (?:[0-9]+ ?[hm] ?)+")
_PARTS = re.compile(r"([0-9]+) ?([hm])")
_LONG_UNIT = re.compile(r"(?<=[0-9 ])(?:(m)in(?:ute)?|(h)(?:ou)?r)s?\b")
_BETWEEN_DAYS = re.compile(r" ?, ?(?:and )?| and ")
_BETWEEN_TIMES = re.compile(r" ?[-–] ?| to ")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_LOOSE_TIME = re.compile(r"([0-9]{1,2})(?:[:.h]?([0-5][0-9]))?(?: ?([ap])\.?m\.?)?")


def parse_send(text: str) -> Schedule | None:
    """Return the schedule that a text gives; None for `at once`.

    Raises ValueError, which says what is wrong and what to write.
    """
    written = _plain(text)
    if written == "at once":
        return None
    if written == "never":
        raise ValueError('"never" would send nothing: delete the subscription')
    schedule = _parse_schedule(written)
    if schedule is None:
        raise ValueError(f"{_quoted(text)} is no time to send: {_send_remedy(written)}")
    return schedule


def parse_quiet(text: str) -> QuietHours:
    """Return the quiet hours that a text gives.

    Raises ValueError, which says what is wrong and what to write.
    """
    match _BETWEEN_TIMES.split(_plain(text)):
        case [start, end]:
            return QuietHours(start=_parse_time(start), end=_parse_time(end))
        case _:
            raise ValueError(f'{_quoted(text)} is not from a time to a time: write "22:00-06:00"')


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _parse_schedule(written: str) -> Schedule | None:
    """Return a schedule; None where nothing says which kind of schedule it is to be."""
    if _EVERY.fullmatch(written):
        return Schedule(every=_parse_interval(written))
    days, at, wall = written.rpartition(" at ")
    return Schedule(days=_parse_days(days), at=_parse_time(wall)) if at else None


def _parse_interval(written: str) -> timedelta:
    # Floats, for they take any number of digits.
    minutes = sum(float(n) * (60 if unit == "h" else 1) for n, unit in _PARTS.findall(written))
    if not _SHORTEST / _MINUTE <= minutes <= _LONGEST / _MINUTE:
        raise ValueError(f'{_quoted(written)} is too short or too long: write "every 1m" to "24h"')
    return timedelta(minutes=minutes)


def _parse_days(written: str) -> frozenset[int]:
    days: frozenset[int] = frozenset()
    for word in _BETWEEN_DAYS.split(written):
        named = _DAYS.get(word) or _DAYS.get(f"{word}s")
        if named is None:
            raise ValueError(f"no day is called {_quoted(word)}: {_day_remedy(word)}")
        days |= named
    return days


def _parse_time(written: str) -> time:
    if match := _TIME.fullmatch(written):
        return time(int(match[1]), int(match[2]))
    raise ValueError(f"{_quoted(written)} is not a time: write {_time_remedy(written)}")


def _send_remedy(written: str) -> str:
    """Return what to write instead, found by trying small mends."""
    for mended in (
        _LONG_UNIT.sub(r"\1\2", written),
        f"{written} at 07:00",
        f"daily {written}",
        f"daily at {written}",
        " at ".join(written.rsplit(" ", 1)),
    ):
        with suppress(ValueError):
            if schedule := _parse_schedule(mended):
                return f'did you mean "{schedule}"?'
    near = difflib.get_close_matches(written, _MEANT, n=1, cutoff=_ALIKE)
    return f'did you mean "{_MEANT[near[0]]}"?' if near else f"write {_FORMS}"


def _day_remedy(word: str) -> str:
    near = difflib.get_close_matches(word, _DAYS, n=1, cutoff=_ALIKE)
    if len(word) >= _SHORTEST_STUB:
        near += [name for name in _DAYS if name.startswith(word)]
    if near:
        return f'did you mean "{near[0]}"?'
    return 'write "daily", "weekdays", "weekends", or days as in "mondays and thursdays"'


def _time_remedy(written: str) -> str:
    if match := _LOOSE_TIME.fullmatch(written):
        hour, minute = int(match[1]), int(match[2] or 0)
        if match[3]:
            hour = hour % 12 + (12 if match[3] == "p" else 0)
        if (hour, minute) == (24, 0):
            return '"00:00", with which a day begins'
        if hour < 24:  # noqa: PLR2004 (the hours of a day)
            return f'"{hour:02}:{minute:02}"'
    return 'hours and minutes, from "00:00" to "23:59"'


def _quoted(text: str) -> str:
    return f'"{text}"' if len(text) <= 40 else f'"{text[:40]}..."'  # noqa: PLR2004 (a glance)
