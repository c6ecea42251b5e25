"""Moments as people write them: how long from now or ago, or a date, with or without a time."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from watch.cli.exits import refuse

TimezoneOption = Annotated[
    str | None,
    typer.Option(
        "--timezone", metavar="ZONE", help="Of dates: Asia/Seoul; else the zone of this machine."
    ),
]

_FORMS = '"3d", "12h", "2026-12-01" or "2026-12-01 09:00"'


def moment_ahead(written: str, zone: str | None, now: datetime, *, most: timedelta) -> datetime:
    """Return the moment that lies so far ahead, or at a date, in UTC; refuse any other.

    A date alone is its first moment. `most` is how far ahead it may lie.
    """
    moment = _moment(written, zone, now, sign=1)
    if moment <= now:
        refuse(f"{written!r} is in the past; write one to come, as {_FORMS}")
    if moment - now > most:
        refuse(f"{written!r} is more than {most.days} days ahead; write a nearer one, as {_FORMS}")
    return moment


def moment_before(written: str, zone: str | None, now: datetime) -> datetime:
    """Return the moment that lies so long back, or at a date, in UTC."""
    return _moment(written, zone, now, sign=-1)


def _moment(written: str, zone: str | None, now: datetime, *, sign: int) -> datetime:
    from watch.config.page import parse_duration

    length = parse_duration(written)
    try:
        if length is not None:
            return now + sign * length
        return _in_utc(datetime.fromisoformat(written.strip()), zone)
    except (ValueError, OverflowError):
        refuse(f"{written!r} is no moment; write {_FORMS}")


def _in_utc(moment: datetime, zone: str | None) -> datetime:
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=_zone_of(zone))
    return moment.astimezone(UTC)  # without a zone it is of this machine's


def _zone_of(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        refuse(f"no time zone is called {name!r}; write a name such as Asia/Seoul")
