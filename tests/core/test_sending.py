from bisect import bisect_left
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from watch.core.sending import (
    QuietHours,
    Schedule,
    next_time,
    parse_quiet,
    parse_send,
    quiet_until,
)

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


def moment(written: str) -> datetime:
    return datetime.fromisoformat(f"{written}:00+00:00")


def schedule_of(written: str) -> Schedule:
    schedule = parse_send(written)
    assert schedule is not None
    return schedule


def walk(schedule: Schedule, zone: tzinfo, after: datetime, steps: int) -> list[datetime]:
    """Return the first moments of a schedule after one."""
    found = [after]
    for _ in range(steps):
        found.append(next_time(schedule, zone, found[-1]))
    return found[1:]


# What people write


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("every 30m", "every 30m"),
        ("  Every\t2 H ", "every 2h"),
        ("every 90m", "every 90m"),
        ("every 1h30m", "every 90m"),
        ("every 60m", "every 1h"),
        ("every 1m", "every 1m"),
        ("every 24h", "every 24h"),
        ("daily at 07:00", "daily at 07:00"),
        ("DAILY  AT 7:00", "daily at 07:00"),
        ("weekdays at 7:00", "weekdays at 07:00"),
        ("weekday at 23:59", "weekdays at 23:59"),
        ("weekends at 00:00", "weekends at 00:00"),
        ("mondays at 09:30", "mondays at 09:30"),
        ("Monday at 9:30", "mondays at 09:30"),
        ("tuesday at 9:30", "tuesdays at 09:30"),
        ("wednesdays at 9:30", "wednesdays at 09:30"),
        ("fridays at 9:30", "fridays at 09:30"),
        ("sundays at 9:30", "sundays at 09:30"),
        ("mondays and thursdays at 07:00", "mondays and thursdays at 07:00"),
        ("thursdays, mondays at 07:00", "mondays and thursdays at 07:00"),
        ("sunday,tuesday , and friday at 7:00", "tuesdays, fridays and sundays at 07:00"),
        ("weekdays and saturdays and sunday at 07:00", "daily at 07:00"),
        ("saturdays, sundays at 07:00", "weekends at 07:00"),
    ],
)
def test_a_schedule_is_read_and_shown_as_its_author_may_write_it(written: str, shown: str) -> None:
    assert str(parse_send(written)) == shown


def test_a_schedule_holds_what_was_written() -> None:
    assert parse_send("every 90m") == Schedule(every=90 * MINUTE)
    assert parse_send("daily at 07:00") == Schedule(at=time(7))
    assert parse_send("weekdays at 07:05") == Schedule(days=frozenset(range(5)), at=time(7, 5))
    assert parse_send("weekends at 07:05") == Schedule(days=frozenset({5, 6}), at=time(7, 5))
    assert parse_send("mondays, sunday at 9:30") == Schedule(days=frozenset({0, 6}), at=time(9, 30))


@pytest.mark.parametrize("written", ["at once", "At Once", "  at   once\n"])
def test_at_once_is_no_schedule(written: str) -> None:
    assert parse_send(written) is None


FORMS = 'write "at once", "every 30m", "daily at 07:00", "weekdays at 07:00" or "mondays at 09:30"'
DAYS = 'write "daily", "weekdays", "weekends", or days as in "mondays and thursdays"'
TWO = 'write two different times, such as "22:00-06:00"'
TIMES = 'write hours and minutes, from "00:00" to "23:59"'


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("hourly", '"hourly" is no time to send: did you mean "every 1h"?'),
        ("Hourli", '"Hourli" is no time to send: did you mean "every 1h"?'),
        ("at onse", '"at onse" is no time to send: did you mean "at once"?'),
        ("at-once", '"at-once" is no time to send: did you mean "at once"?'),
        ("immediatly", '"immediatly" is no time to send: did you mean "at once"?'),
        ("every hour", '"every hour" is no time to send: did you mean "every 1h"?'),
        ("every 30 minutes", '"every 30 minutes" is no time to send: did you mean "every 30m"?'),
        ("every 2 hrs", '"every 2 hrs" is no time to send: did you mean "every 2h"?'),
        ("daily", '"daily" is no time to send: did you mean "daily at 07:00"?'),
        ("every day", '"every day" is no time to send: did you mean "daily at 07:00"?'),
        ("monday", '"monday" is no time to send: did you mean "mondays at 07:00"?'),
        ("monday 9:30", '"monday 9:30" is no time to send: did you mean "mondays at 09:30"?'),
        ("at 8:15", '"at 8:15" is no time to send: did you mean "daily at 08:15"?'),
        ("8:15", '"8:15" is no time to send: did you mean "daily at 08:15"?'),
        ("weekly", '"weekly" is no time to send: did you mean "mondays at 07:00"?'),
        ("", f'"" is no time to send: {FORMS}'),
        ("30m", f'"30m" is no time to send: {FORMS}'),
        ("every 30s", f'"every 30s" is no time to send: {FORMS}'),
        ("every ٣٠m", f'"every ٣٠m" is no time to send: {FORMS}'),
        ("매일", f'"매일" is no time to send: {FORMS}'),
        ("x" * 99, f'"{"x" * 40}..." is no time to send: {FORMS}'),
        ("never", '"never" would send nothing: delete the subscription'),
        ("every 0m", '"every 0m" is too short or too long: write "every 1m" to "24h"'),
        ("every 25h", '"every 25h" is too short or too long: write "every 1m" to "24h"'),
        ("every 24h1m", '"every 24h1m" is too short or too long: write "every 1m" to "24h"'),
        (
            f"every {'9' * 9999}h",
            f'"every {"9" * 34}..." is too short or too long: write "every 1m" to "24h"',
        ),
        ("mondys at 07:00", 'no day is called "mondys": did you mean "mondays"?'),
        ("mondays, wensdays at 7:00", 'no day is called "wensdays": did you mean "wednesdays"?'),
        ("tue and thu at 7:00", 'no day is called "tue": did you mean "tuesdays"?'),
        (
            "monday-friday at 7:00",
            f'no day is called "monday-friday": {DAYS}',
        ),
        (
            "mo at 7:00",
            f'no day is called "mo": {DAYS}',
        ),
        ("daily at 24:00", '"24:00" is not a time: write "00:00", with which a day begins'),
        ("daily at 7", '"7" is not a time: write "07:00"'),
        ("daily at 7pm", '"7pm" is not a time: write "19:00"'),
        ("daily at 7:30 P.M.", '"7:30 p.m." is not a time: write "19:30"'),
        ("daily at 12am", '"12am" is not a time: write "00:00"'),
        ("daily at 12pm", '"12pm" is not a time: write "12:00"'),
        ("daily at 0730", '"0730" is not a time: write "07:30"'),
        ("daily at 7.30", '"7.30" is not a time: write "07:30"'),
        (
            "daily at 25:00",
            f'"25:00" is not a time: {TIMES}',
        ),
        (
            "daily at 07:60",
            f'"07:60" is not a time: {TIMES}',
        ),
        (
            "daily at noon",
            f'"noon" is not a time: {TIMES}',
        ),
        ("daily at ٠٧:٠٠", f'"٠٧:٠٠" is not a time: {TIMES}'),
    ],
)
def test_what_is_no_schedule_is_refused_with_what_to_write(written: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse_send(written)
    assert str(refused.value) == message


@given(st.text(max_size=30))
@example("every " + "1" * 400 + "m")
@example(" at ")
@example("İ at ǅ")
def test_any_text_is_read_or_refused(written: str) -> None:
    for parse in (parse_send, parse_quiet):
        with suppress(ValueError):
            parse(written)


@pytest.mark.parametrize(
    ("written", "quiet"),
    [
        ("22:00-06:00", QuietHours(start=time(22), end=time(6))),
        (" 9:05 – 17:30 ", QuietHours(start=time(9, 5), end=time(17, 30))),
        ("22:00 TO 6:00", QuietHours(start=time(22), end=time(6))),
        ("00:00-23:59", QuietHours(start=time(0), end=time(23, 59))),
    ],
)
def test_quiet_hours_are_read(written: str, quiet: QuietHours) -> None:
    assert parse_quiet(written) == quiet


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", '"" is not from a time to a time: write "22:00-06:00"'),
        ("at night", '"at night" is not from a time to a time: write "22:00-06:00"'),
        ("22:00", '"22:00" is not from a time to a time: write "22:00-06:00"'),
        ("1:00-2:00-3:00", '"1:00-2:00-3:00" is not from a time to a time: write "22:00-06:00"'),
        ("10pm-6am", '"10pm" is not a time: write "22:00"'),
        ("22:00-6", '"6" is not a time: write "06:00"'),
        ("22:00-24:00", '"24:00" is not a time: write "00:00", with which a day begins'),
        (
            "6:00-06:00",
            f'"06:00-06:00" is quiet either always or never: {TWO}',
        ),
    ],
)
def test_what_are_no_quiet_hours_is_refused_with_what_to_write(written: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse_quiet(written)
    assert str(refused.value) == message


WALL_TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
INTERVALS = st.builds(Schedule, every=st.integers(1, 24 * 60).map(lambda count: count * MINUTE))
AT_TIMES = st.builds(Schedule, days=st.frozensets(st.integers(0, 6), min_size=1), at=WALL_TIMES)
SCHEDULES = INTERVALS | AT_TIMES
QUIET = (
    st.tuples(WALL_TIMES, WALL_TIMES)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: QuietHours(start=pair[0], end=pair[1]))
)


@given(SCHEDULES)
def test_a_schedule_is_read_back_as_it_is_shown(schedule: Schedule) -> None:
    assert parse_send(str(schedule)) == schedule


@given(QUIET)
def test_quiet_hours_are_read_back_as_they_are_shown(quiet: QuietHours) -> None:
    assert parse_quiet(str(quiet)) == quiet


def test_a_schedule_that_never_comes_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="either an interval or a time of day"):
        Schedule()
    with pytest.raises(ValueError, match="either an interval or a time of day"):
        Schedule(every=MINUTE, at=time(7))
    for days in (frozenset[int](), frozenset({7}), frozenset({-1, 0})):
        with pytest.raises(ValueError, match="at least one day, from 0 for monday to 6"):
            Schedule(days=days, at=time(7))
    with pytest.raises(ValueError, match="a schedule with days has a time of day"):
        Schedule(every=MINUTE, days=frozenset({0}))


@pytest.mark.parametrize(
    "every", [timedelta(), -MINUTE, timedelta(seconds=90), timedelta(hours=24, minutes=1)]
)
def test_a_schedule_that_could_not_be_written_cannot_be_made(every: timedelta) -> None:
    with pytest.raises(ValueError, match="whole minutes, from 1 minute to 24 hours"):
        Schedule(every=every)


@pytest.mark.parametrize("wall", [time(7, 0, 1), time(7, 0, 0, 1), time(7, tzinfo=UTC)])
def test_a_wall_time_has_neither_seconds_nor_a_zone(wall: time) -> None:
    with pytest.raises(ValueError, match="hours and minutes, and no zone"):
        Schedule(at=wall)
    with pytest.raises(ValueError, match="hours and minutes, and no zone"):
        QuietHours(start=wall, end=time(8))
    with pytest.raises(ValueError, match="hours and minutes, and no zone"):
        QuietHours(start=time(8), end=wall)


# When mails go out


@pytest.mark.parametrize(
    ("written", "zone", "after", "wanted"),
    [
        # Forward at 01:00 UTC on 29 March, back at 01:00 UTC on 25 October.
        ("daily at 02:30", "Europe/Berlin", "2026-03-28T00:00",
         ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]),
        ("daily at 02:00", "Europe/Berlin", "2026-03-28T12:00",
         ["2026-03-29T01:00", "2026-03-30T00:00"]),
        ("daily at 03:00", "Europe/Berlin", "2026-03-28T12:00",
         ["2026-03-29T01:00", "2026-03-30T01:00"]),
        ("daily at 02:30", "Europe/Berlin", "2026-10-24T00:00",
         ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"]),
        ("daily at 03:00", "Europe/Berlin", "2026-10-24T12:00",
         ["2026-10-25T02:00", "2026-10-26T02:00"]),
        ("daily at 02:30", "Europe/Berlin", "2026-10-25T01:15",
         ["2026-10-26T01:30"]),
        ("sundays at 02:30", "Europe/Berlin", "2026-03-22T02:00",
         ["2026-03-29T01:00", "2026-04-05T00:30"]),
        ("every 12h", "Europe/Berlin", "2026-03-28T22:59",
         ["2026-03-28T23:00", "2026-03-29T11:00", "2026-03-29T22:00", "2026-03-30T10:00"]),
        ("every 12h", "Europe/Berlin", "2026-10-24T21:59",
         ["2026-10-24T22:00", "2026-10-25T10:00", "2026-10-25T22:00", "2026-10-25T23:00"]),
        ("every 30m", "Europe/Berlin", "2026-10-25T00:15",
         ["2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-25T02:00"]),
        # Forward at 07:00 UTC on 8 March, back at 06:00 UTC on 1 November.
        ("weekdays at 07:00", "America/New_York", "2026-03-06T12:00",
         ["2026-03-09T11:00", "2026-03-10T11:00"]),
        ("daily at 02:59", "America/New_York", "2026-03-07T12:00",
         ["2026-03-08T07:00", "2026-03-09T06:59"]),
        ("daily at 01:30", "America/New_York", "2026-10-31T06:00",
         ["2026-11-01T05:30", "2026-11-02T06:30"]),
        ("weekends at 20:00", "America/New_York", "2026-10-30T12:00",
         ["2026-11-01T00:00", "2026-11-02T01:00", "2026-11-08T01:00"]),
        # No changes.
        ("mondays at 09:30", "Asia/Seoul", "2026-08-24T00:29",
         ["2026-08-24T00:30", "2026-08-31T00:30"]),
        ("mondays at 07:00", "Asia/Seoul", "2026-08-23T12:00",
         ["2026-08-23T22:00", "2026-08-30T22:00"]),
        ("every 7h", "Asia/Seoul", "2026-08-24T15:00",
         ["2026-08-24T22:00", "2026-08-25T05:00", "2026-08-25T12:00", "2026-08-25T15:00"]),
        # Forward from midnight at 20:30 UTC on 21 March, back at 19:30 UTC on 21 September.
        ("daily at 00:30", "Asia/Tehran", "2022-03-20T12:00",
         ["2022-03-20T21:00", "2022-03-21T20:30", "2022-03-22T20:00"]),
        ("daily at 23:30", "Asia/Tehran", "2022-09-20T12:00",
         ["2022-09-20T19:00", "2022-09-21T19:00", "2022-09-22T20:00"]),
        ("every 6h", "Asia/Tehran", "2022-09-21T07:30",
         ["2022-09-21T13:30", "2022-09-21T19:30", "2022-09-21T20:30", "2022-09-22T02:30"]),
        # Half an hour forward at 15:30 UTC on 3 October, back at 15:00 UTC on 4 April.
        ("daily at 02:15", "Australia/Lord_Howe", "2026-10-02T12:00",
         ["2026-10-02T15:45", "2026-10-03T15:30", "2026-10-04T15:15"]),
        ("daily at 01:45", "Australia/Lord_Howe", "2026-04-03T12:00",
         ["2026-04-03T14:45", "2026-04-04T14:45", "2026-04-05T15:15"]),
        ("every 23h", "Australia/Lord_Howe", "2026-10-03T13:29",
         ["2026-10-03T13:30", "2026-10-04T12:30", "2026-10-04T13:00"]),
        # 30 December 2011, a Friday, did not exist.
        ("daily at 07:00", "Pacific/Apia", "2011-12-28T12:00",
         ["2011-12-28T17:00", "2011-12-29T17:00", "2011-12-30T17:00", "2011-12-31T17:00"]),
        ("daily at 00:00", "Pacific/Apia", "2011-12-29T00:00",
         ["2011-12-29T10:00", "2011-12-30T10:00", "2011-12-31T10:00"]),
        ("fridays at 07:00", "Pacific/Apia", "2011-12-23T12:00",
         ["2011-12-23T17:00", "2012-01-05T17:00"]),
        ("every 6h", "Pacific/Apia", "2011-12-29T22:00",
         ["2011-12-30T04:00", "2011-12-30T10:00", "2011-12-30T16:00"]),
        ("every 24h", "Pacific/Apia", "2011-12-28T12:00",
         ["2011-12-29T10:00", "2011-12-30T10:00", "2011-12-31T10:00"]),
        # Forward from midnight at 03:00 UTC on 4 November, back at 02:00 UTC on 18 February.
        ("daily at 00:00", "America/Sao_Paulo", "2018-11-03T00:00",
         ["2018-11-03T03:00", "2018-11-04T03:00", "2018-11-05T02:00"]),
        ("every 6h", "America/Sao_Paulo", "2018-11-04T02:00",
         ["2018-11-04T03:00", "2018-11-04T09:00", "2018-11-04T15:00", "2018-11-04T21:00",
          "2018-11-05T02:00"]),
        ("daily at 23:30", "America/Sao_Paulo", "2018-02-16T12:00",
         ["2018-02-17T01:30", "2018-02-18T01:30", "2018-02-19T02:30"]),
        # Back for Ramadan at 02:00 UTC on 10 March, forward at 02:00 UTC on 14 April.
        ("daily at 02:30", "Africa/Casablanca", "2024-03-09T00:00",
         ["2024-03-09T01:30", "2024-03-10T01:30", "2024-03-11T02:30"]),
        ("daily at 02:30", "Africa/Casablanca", "2024-04-13T00:00",
         ["2024-04-13T02:30", "2024-04-14T02:00", "2024-04-15T01:30"]),
        # A quarter of an hour forward from midnight, once and for all.
        ("daily at 07:00", "Asia/Kathmandu", "2026-08-26T01:15", ["2026-08-27T01:15"]),
        ("daily at 00:10", "Asia/Kathmandu", "1985-12-30T12:00",
         ["1985-12-30T18:40", "1985-12-31T18:30", "1986-01-01T18:25"]),
        # Back from 03:45 at 14:00 UTC on 4 April, forward from 02:45 at 14:00 UTC on 26 September.
        ("daily at 03:00", "Pacific/Chatham", "2026-04-03T12:00",
         ["2026-04-03T13:15", "2026-04-04T13:15", "2026-04-05T14:15"]),
        ("daily at 03:00", "Pacific/Chatham", "2026-09-25T12:00",
         ["2026-09-25T14:15", "2026-09-26T14:00", "2026-09-27T13:15"]),
        # Back across midnight, from 00:01 on 2 November 2008 to 23:01, at 02:31 UTC.
        ("daily at 00:00", "America/St_Johns", "2008-11-01T12:00",
         ["2008-11-02T02:30", "2008-11-03T03:30"]),
        ("daily at 23:30", "America/St_Johns", "2008-11-01T12:00",
         ["2008-11-02T02:00", "2008-11-03T03:00"]),
        ("every 40m", "America/St_Johns", "2008-11-02T02:00",
         ["2008-11-02T02:30", "2008-11-02T03:10", "2008-11-02T03:50", "2008-11-02T04:30"]),
        # Forward across midnight, from 23:30 on 30 March 1919, at 04:30 UTC.
        ("daily at 23:45", "America/Toronto", "1919-03-30T12:00",
         ["1919-03-31T04:30", "1919-04-01T03:45"]),
        ("daily at 00:15", "America/Toronto", "1919-03-30T12:00",
         ["1919-03-31T04:30", "1919-04-01T04:15"]),
        ("every 30m", "UTC", "2026-12-31T23:15",
         ["2026-12-31T23:30", "2027-01-01T00:00", "2027-01-01T00:30"]),
        ("weekdays at 07:00", "UTC", "2026-08-28T07:00", ["2026-08-31T07:00"]),
    ],
)  # fmt: skip
def test_digests_go_out_on_the_recipients_wall_clock(
    written: str, zone: str, after: str, wanted: list[str]
) -> None:
    found = walk(schedule_of(written), ZoneInfo(zone), moment(after), len(wanted))
    assert found == [moment(one) for one in wanted]
    assert {one.tzinfo for one in found} == {UTC}


@pytest.mark.parametrize(
    ("written", "zone", "now", "until"),
    [
        ("22:00-06:00", "Asia/Seoul", "2026-08-26T12:59", None),
        ("22:00-06:00", "Asia/Seoul", "2026-08-26T13:00", "2026-08-26T21:00"),
        ("22:00-06:00", "Asia/Seoul", "2026-08-26T20:59", "2026-08-26T21:00"),
        ("22:00-06:00", "Asia/Seoul", "2026-08-26T21:00", None),
        ("12:00-13:30", "Asia/Kathmandu", "2026-08-26T06:15", "2026-08-26T07:45"),
        ("12:00-13:30", "Asia/Kathmandu", "2026-08-26T07:45", None),
        ("00:00-06:00", "America/New_York", "2026-08-26T04:00", "2026-08-26T10:00"),
        ("18:00-00:00", "America/New_York", "2026-08-26T03:59", "2026-08-26T04:00"),
        # Nights that are shorter and longer by the change of the clock.
        ("22:00-06:00", "Europe/Berlin", "2026-03-28T21:00", "2026-03-29T04:00"),
        ("22:00-06:00", "Europe/Berlin", "2026-10-24T20:00", "2026-10-25T05:00"),
        # An end in the gap, a beginning in it, both in it, and two nights that touch in it.
        ("22:00-02:30", "Europe/Berlin", "2026-03-28T23:00", "2026-03-29T01:00"),
        ("02:30-05:00", "Europe/Berlin", "2026-03-29T00:59", None),
        ("02:30-05:00", "Europe/Berlin", "2026-03-29T01:00", "2026-03-29T03:00"),
        ("02:15-02:45", "Europe/Berlin", "2026-03-29T01:00", None),
        ("02:45-02:15", "Europe/Berlin", "2026-03-28T23:00", "2026-03-30T00:15"),
        # An end that comes twice, a beginning that does, both.
        ("22:00-02:30", "Europe/Berlin", "2026-10-24T23:00", "2026-10-25T00:30"),
        ("22:00-02:30", "Europe/Berlin", "2026-10-25T01:15", None),
        ("02:30-05:00", "Europe/Berlin", "2026-10-25T00:29", None),
        ("02:30-05:00", "Europe/Berlin", "2026-10-25T01:15", "2026-10-25T04:00"),
        ("02:15-02:45", "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T00:45"),
        ("02:15-02:45", "Europe/Berlin", "2026-10-25T01:30", None),
        # The night that had a date skipped in it.
        ("22:00-06:00", "Pacific/Apia", "2011-12-30T09:00", "2011-12-30T16:00"),
        ("22:00-06:00", "Pacific/Apia", "2011-12-30T11:00", "2011-12-30T16:00"),
        ("22:00-00:00", "Pacific/Apia", "2011-12-30T09:00", "2011-12-30T10:00"),
        ("09:00-17:00", "Pacific/Apia", "2011-12-30T10:00", None),
        ("23:15-00:30", "America/Sao_Paulo", "2018-11-04T02:30", "2018-11-04T03:00"),
        ("02:15-04:00", "Australia/Lord_Howe", "2026-10-03T15:30", "2026-10-03T17:00"),
        ("23:00-00:00", "America/St_Johns", "2008-11-02T02:00", "2008-11-02T02:30"),
        ("23:00-00:00", "America/St_Johns", "2008-11-02T02:45", None),
    ],
)
def test_quiet_hours_follow_the_recipients_wall_clock(
    written: str, zone: str, now: str, until: str | None
) -> None:
    found = quiet_until(parse_quiet(written), ZoneInfo(zone), moment(now))
    assert found == (None if until is None else moment(until))


# What holds always

CHANGES = [
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("Europe/Dublin", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2050-11-06T06:00"),
    ("America/St_Johns", "2008-03-09T03:31"),
    ("America/St_Johns", "2008-11-02T02:31"),
    ("America/Sao_Paulo", "2018-11-04T03:00"),
    ("America/Sao_Paulo", "2018-02-18T02:00"),
    ("America/Toronto", "1919-03-31T04:30"),
    ("Asia/Seoul", "2026-08-26T00:00"),
    ("Asia/Tehran", "2022-03-21T20:30"),
    ("Asia/Tehran", "2022-09-21T19:30"),
    ("Asia/Kathmandu", "1985-12-31T18:30"),
    ("Africa/Casablanca", "2024-03-10T02:00"),
    ("Africa/Casablanca", "2024-04-14T02:00"),
    ("Antarctica/Troll", "2026-03-29T01:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Pacific/Apia", "2011-12-30T10:00"),
    ("Pacific/Chatham", "2026-04-04T14:00"),
    ("Pacific/Chatham", "2026-09-26T14:00"),
    ("Pacific/Kwajalein", "1969-09-30T13:00"),
    ("Pacific/Kwajalein", "1993-08-21T12:00"),
    ("UTC", "2026-12-31T12:00"),
]
NEAR = st.timedeltas(-2 * DAY, 2 * DAY)
NEAR_CHANGES = st.tuples(st.sampled_from(CHANGES), NEAR).map(
    lambda drawn: (ZoneInfo(drawn[0][0]), moment(drawn[0][1]) + drawn[1])
)
ANY_ZONE = st.sampled_from(sorted({name for name, _ in CHANGES})).map(ZoneInfo)
ANY_MOMENT = st.datetimes(timezones=st.just(UTC))


class Watched:
    """Two weeks round a change of the clock, watched minute by minute."""

    def __init__(self, zone: str, change: str) -> None:
        first = moment(change) - 6 * DAY
        self.minutes = [first + count * MINUTE for count in range(14 * 24 * 60)]
        shown = [one.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for one in self.minutes]
        self.furthest = list(accumulate(shown, max))
        """What the wall clock has shown up to each minute, without going back."""
        self.dates = sorted({one.date() for one in shown})[1:-1]
        """Those that exist, but for the two of which only a part is seen."""

    def first_at(self, day: date, wall: time) -> int:
        return bisect_left(self.furthest, datetime.combine(day, wall))

    def times(self, schedule: Schedule) -> list[datetime]:
        if schedule.at is not None:
            days = [day for day in self.dates if day.weekday() in schedule.days]
            return [self.minutes[self.first_at(day, schedule.at)] for day in days]
        assert schedule.every is not None
        starts = [self.first_at(day, time.min) for day in self.dates]
        step = schedule.every // MINUTE
        return [self.minutes[at] for span in pairwise(starts) for at in range(*span, step)]

    def quiet_until(self, quiet: QuietHours, now: datetime) -> datetime | None:
        at = (now - self.minutes[0]) // MINUTE
        quiet_minutes = 0
        while is_quiet(quiet, self.furthest[at + quiet_minutes].time()):
            quiet_minutes += 1
        return self.minutes[at + quiet_minutes] if quiet_minutes else None


def is_quiet(quiet: QuietHours, wall: time) -> bool:
    if quiet.start < quiet.end:
        return quiet.start <= wall < quiet.end
    return not quiet.end <= wall < quiet.start


watched = cache(Watched)


@given(st.sampled_from(CHANGES), NEAR, SCHEDULES)
def test_the_next_time_is_what_watching_every_minute_finds(
    change: tuple[str, str], near: timedelta, schedule: Schedule
) -> None:
    after = moment(change[1]) + near
    found = next_time(schedule, ZoneInfo(change[0]), after)
    later = [one for one in watched(*change).times(schedule) if one > after]
    if later:
        assert found == later[0]
    else:
        assert found > after + 3 * DAY


@given(st.sampled_from(CHANGES), NEAR, QUIET)
def test_quiet_ends_when_watching_every_minute_says_so(
    change: tuple[str, str], near: timedelta, quiet: QuietHours
) -> None:
    now = moment(change[1]) + near
    wanted = watched(*change).quiet_until(quiet, now)
    assert quiet_until(quiet, ZoneInfo(change[0]), now) == wanted


@given(ANY_ZONE, ANY_MOMENT, SCHEDULES)
@example(ZoneInfo("Asia/Seoul"), datetime.min.replace(tzinfo=UTC), Schedule(at=time(7)))
@example(ZoneInfo("America/New_York"), datetime.min.replace(tzinfo=UTC), Schedule(every=MINUTE))
def test_the_next_time_is_later_and_the_clock_shows_it(
    zone: ZoneInfo, after: datetime, schedule: Schedule
) -> None:
    found = next_time(schedule, zone, after)
    assert found.tzinfo is UTC
    assert found > after
    if schedule.at is None or found == LAST_MOMENT:
        return
    shown = found.astimezone(zone).replace(tzinfo=None)
    wanted = datetime.combine(shown.date(), schedule.at)
    just_before = (found - timedelta(microseconds=1)).astimezone(zone).replace(tzinfo=None)
    assert shown == wanted or just_before < wanted < shown or just_before.date() < shown.date()
    if shown == wanted:
        assert shown.weekday() in schedule.days


@given(ANY_ZONE, ANY_MOMENT, ANY_MOMENT, SCHEDULES)
def test_a_later_moment_has_no_earlier_next_time(
    zone: ZoneInfo, one: datetime, other: datetime, schedule: Schedule
) -> None:
    earlier, later = sorted((one, other))
    assert next_time(schedule, zone, earlier) <= next_time(schedule, zone, later)


@given(NEAR_CHANGES, NEAR_CHANGES, SCHEDULES)
def test_the_zone_that_a_moment_is_written_in_does_not_matter(
    near: tuple[ZoneInfo, datetime], other: tuple[ZoneInfo, datetime], schedule: Schedule
) -> None:
    zone, after = near
    wanted = next_time(schedule, zone, after)
    assert next_time(schedule, zone, after.astimezone(other[0])) == wanted
    assert next_time(schedule, zone, after.astimezone(timezone(-timedelta(hours=23)))) == wanted
    assert next_time(schedule, zone, after.astimezone(timezone(timedelta(hours=23)))) == wanted


@given(NEAR_CHANGES.filter(lambda near: near[1].year > 1970), AT_TIMES)
def test_a_walk_meets_every_date_of_its_days_once(
    near: tuple[ZoneInfo, datetime], schedule: Schedule
) -> None:
    zone, after = near
    met = [one.astimezone(zone).date() for one in walk(schedule, zone, after, 8)]
    span = range(met[0].toordinal(), met[-1].toordinal() + 1)
    # Each date of these zones that exists at all has its noon, on it.
    noons = {date.fromordinal(n): datetime.combine(date.fromordinal(n), time(12)) for n in span}
    exist = [
        day
        for day, noon in noons.items()
        if noon.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).date() == day
    ]
    assert met == [day for day in exist if day.weekday() in schedule.days]


@given(ANY_ZONE, ANY_MOMENT.filter(lambda one: one.year < 9999), QUIET)
def test_quiet_ends_later_and_in_no_quiet(zone: ZoneInfo, now: datetime, quiet: QuietHours) -> None:
    until = quiet_until(quiet, zone, now)
    if until is not None:
        assert until > now
        assert until.tzinfo is UTC
        assert quiet_until(quiet, zone, until) is None


@pytest.mark.parametrize("zone", ["Asia/Seoul", "UTC", "America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize("written", ["daily at 07:00", "mondays at 23:59", "every 7h"])
def test_where_no_time_is_left_the_last_moment_is_the_next(zone: str, written: str) -> None:
    almost = LAST_MOMENT - timedelta(microseconds=1)
    assert next_time(schedule_of(written), ZoneInfo(zone), almost) == LAST_MOMENT


@pytest.mark.parametrize("zone", ["Asia/Seoul", "UTC", "America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize("offset", [-23, 0, 23])
def test_the_first_and_the_last_day_do_not_crash(zone: str, offset: int) -> None:
    written_in = timezone(timedelta(hours=offset))
    first, last = datetime.min.replace(tzinfo=written_in), datetime.max.replace(tzinfo=written_in)
    for written in ("daily at 07:00", "every 1m", "weekends at 23:59"):
        assert next_time(schedule_of(written), ZoneInfo(zone), first).year == 1
        assert next_time(schedule_of(written), ZoneInfo(zone), last) <= LAST_MOMENT
    for written in ("22:00-06:00", "00:00-23:59", "06:00-22:00"):
        for now in (first, last):
            until = quiet_until(parse_quiet(written), ZoneInfo(zone), now)
            assert until is None or until > now


def test_the_first_and_the_last_night_are_as_quiet_as_any() -> None:
    quiet = parse_quiet("22:00-06:00")
    assert quiet_until(quiet, UTC, moment("0001-01-01T23:00")) == moment("0001-01-02T06:00")
    assert quiet_until(quiet, UTC, moment("9999-12-30T23:00")) == moment("9999-12-31T06:00")
    assert quiet_until(quiet, UTC, moment("9999-12-31T21:00")) is None
    assert quiet_until(quiet, UTC, moment("9999-12-31T22:00")) == LAST_MOMENT
    noon = moment("9999-12-31T12:00")
    assert quiet_until(quiet, ZoneInfo("America/New_York"), noon) is None
