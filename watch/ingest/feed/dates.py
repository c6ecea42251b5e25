"""Dates as feeds write them: ISO 8601, RFC 822 and what people make of these."""

import calendar
import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import feedparser

EARLIEST = 1900
"""The first year that is believed: programs write the year 1, or 0, for no date at all."""
LONGEST = 100
"""In characters; what is longer is no date."""
FARTHEST = timedelta(hours=14)
"""How far a clock may be from UTC: Pacific/Kiritimati is, by the tz database."""

_ISO = re.compile(
    r"\d{4}-?(?:\d{2}-?\d{2}|W\d{2}(?:-?\d)?)(?:[T ]\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d+)?)?)?)?"
    r"(?P<zone>\s*(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?",
    re.IGNORECASE,
)
_WEEKDAY = r"(?:[^\W\d]+(?:[.,]+\s*|\s+|(?=\d)))?"
_MONTH = r"(?P<month>[^\W\d]{3,})\.?,?"
_CLOCK = r"""
    (?:[T,\s]+ (?P<before>오전|오후|午前|午後|上午|下午)? \s*
        (?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?
        \s* (?P<after>[ap]m\b)? \s* (?P<zone>.*))?"""
_WRITTEN = tuple(
    re.compile(day + _CLOCK, re.IGNORECASE | re.VERBOSE)
    for day in (
        _WEEKDAY + r"(?P<day>\d{1,2})\.?[\s-]+(?:de\s+)?" + _MONTH + r"[\s-]+(?:de\s+)?"
        r"(?P<year>\d{4}|\d{2})",
        _WEEKDAY + _MONTH + r"\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})",
        r"(?P<year>\d{4})[\s.-]+" + _MONTH + r"[\s.-]+(?P<day>\d{1,2})\.?",
        (
            r"(?P<year>\d{4})(?:년|年|[./-])\s*(?P<month>\d{1,2})(?:월|月|[./-])\s*"
            r"(?P<day>\d{1,2})[일日.]?"
        ),
    )
)
_AFTERNOON = frozenset({"pm", "오후", "午後", "下午"})
_KOREAN = re.compile("[년오]")
_TIMESTAMP = re.compile(r"\d{10}(?:\d{3})?")
_MONTH_BETWEEN = re.compile(r"/(\d{1,2})(?=/)")
"""On a month that there is not, written like this, feedparser raises what it does not catch."""
_OFFSET = re.compile(r"(?:gmt|utc)?\s*([+-])(\d{1,2}):?([0-5]\d)?", re.IGNORECASE)
_PLACE = re.compile(r"[A-Z][A-Za-z]+(?:/[A-Z][\w+-]*){1,2}", re.ASCII)
"""How the tz database calls a zone: Europe/Berlin, America/Argentina/Buenos_Aires, Etc/GMT+5."""
# How months begin in English, German, French, Spanish, Italian, Portuguese, Dutch, Polish,
# Hungarian, Turkish, Russian, Ukrainian, Greek.
_MONTHS = {
    beginning: number
    for number, beginnings in enumerate(
        (
            "jan jän ene gen sty oca янв січ ιαν",
            "feb fév fev lut şub фев лют φεβ",
            "mar mär maa mrt már мар бер μαρ μάρ",
            "apr avr abr kwi nis ápr апр кві απρ",
            "may mai mag mei maj máj мая май тра μάι μαϊ μαι",
            "jun juin giu cze haz jún июн чер ιούν ιουν",
            "jul juil lug lip tem júl июл лип ιούλ ιουλ",
            "aug aoû aou ago sie ağu авг сер αυγ αύγ",
            "sep sze set wrz eyl сен вер σεπ",
            "oct okt ott out paź eki окт жов οκτ",
            "nov lis kas ноя лис νοε νοέ",
            "dec dez déc dic gru ara дек гру δεκ",
        ),
        start=1,
    )
    for beginning in beginnings.split()
}
# Of names that several zones have, the one with the most feeds.
_ZONES = {
    name: float(hours)
    for hours, names in {
        "-10": "hst", "-9": "akst", "-8": "pst akdt pt", "-7": "mst pdt mt", "-6": "cst mdt ct",
        "-5": "est cdt et", "-4": "edt ast", "-3": "adt brt art", "1": "cet bst met mez wat",
        "2": "cest eet mest mesz sast cat", "3": "eest msk eat trt idt", "3.5": "irst",
        "4": "gst msd",
        "4.5": "irdt aft", "5": "pkt", "5.5": "ist", "5.75": "npt", "6": "bdt", "6.5": "mmt",
        "7": "ict wib", "8": "hkt sgt pht myt awst", "9": "jst kst", "9.5": "acst", "10": "aest",
        "10.5": "acdt", "11": "aedt", "12": "nzst", "13": "nzdt",
    }.items()
    for name in names.split()
}  # fmt: skip
_CENTURY_TURNS = 90
"""A year of two digits from here on is of the twentieth century, as feedparser has it."""
_DECEMBER = 12
_NO_DATE = time.struct_time((0,) * 9)
"""What feedparser takes for a date and no calendar has."""


class _NoSuchDayError(ValueError):
    """What is written like a date is none, such as the 31st of February."""


def read_date(written: str) -> datetime | None:
    """Return the moment that is written, in UTC, which is also taken for a zone that is not said.

    UTC is taken, too, for a zone that nobody knows and for one farther from it than any clock is:
    the day is right then, nearly always. None for what is no date, cannot be, or is before 1900.
    Slow formats are left to feedparser.
    """
    try:
        moment = _read(written)
    except _NoSuchDayError:
        return None
    return moment if moment is not None and moment.year >= EARLIEST else None


def moment_of(parsed: object) -> datetime | None:
    """Return the moment of a date as feedparser gives it; None for what no calendar has."""
    if not isinstance(parsed, time.struct_time):
        return None
    try:
        moment = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.year >= EARLIEST else None


def _read(written: str) -> datetime | None:
    if len(written) > LONGEST:
        raise _NoSuchDayError
    line = " ".join(written.split())
    try:
        if match := _ISO.fullmatch(line):
            # A leap second is told as the second before.
            told = line.removesuffix(match["zone"] or "").rstrip().replace(":60", ":59")
            moment = datetime.fromisoformat(told)
            return (moment - _offset(match["zone"], moment)).replace(tzinfo=UTC)
        for pattern in _WRITTEN:
            if match := pattern.fullmatch(line):
                return _moment(match)
        if _TIMESTAMP.fullmatch(line):
            return datetime.fromtimestamp(int(line[:10]), UTC)
    except (ValueError, OverflowError) as error:
        raise _NoSuchDayError from error
    return None


def _moment(match: re.Match[str]) -> datetime | None:
    """Return the moment of a date with a day, a month and a year; None for an unknown month."""
    month = match["month"].casefold()
    number = int(month) if month.isdigit() else _MONTHS.get(month[:4]) or _MONTHS.get(month[:3])
    if number is None:
        return None
    year, hour = int(match["year"]), int(match["hour"] or 0)
    if len(match["year"]) < len("1999"):
        year += 2000 if year < _CENTURY_TURNS else 1900
    if half := match["before"] or match["after"]:
        hour = hour % 12 + (12 if half.lower() in _AFTERNOON else 0)
    # A leap second is told as the second before.
    second = min(int(match["second"] or 0), 59)
    moment = datetime(
        year, number, int(match["day"]), hour, int(match["minute"] or 0), second, tzinfo=UTC
    )
    # A date in Korean words is told by Korean clocks.
    zone = match["zone"] or ("kst" if _KOREAN.search(match[0]) else "")
    return moment - _offset(zone, moment)


def _offset(zone: str | None, moment: datetime) -> timedelta:
    """Return how far a zone is before UTC when its clocks show a moment; 0 if nobody knows.

    Figures count, else the place, else the abbreviation.
    """
    told = (zone or "").strip(" ([")
    if match := _OFFSET.match(told):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if offset > FARTHEST:
            return timedelta(0)
        return -offset if match[1] == "-" else offset
    place = _PLACE.match(told)
    if place and (clock := _clock(place[0])):
        return moment.replace(tzinfo=clock).utcoffset() or timedelta(0)
    return timedelta(hours=_ZONES.get(re.split(r"[\s()\]]", told.casefold(), maxsplit=1)[0], 0))


@lru_cache(maxsize=1_000)
def _clock(place: str) -> ZoneInfo | None:
    """Return the clock of a place; None where the tz database has none."""
    try:
        return ZoneInfo(place)
    except (KeyError, ValueError, OSError):
        # It raises OSError for what is a folder of places, such as America/Argentina.
        return None


def _for_feedparser(written: str) -> time.struct_time | None:
    """Return a date as feedparser wants it; None leaves it to its own ways of reading dates."""
    try:
        moment = _read(written)
    except _NoSuchDayError:
        return _NO_DATE
    if moment is not None:
        return moment.utctimetuple()
    months = map(int, _MONTH_BETWEEN.findall(written))
    return _NO_DATE if any(month > _DECEMBER for month in months) else None


feedparser.registerDateHandler(_for_feedparser)
