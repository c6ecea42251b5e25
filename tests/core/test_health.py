from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watch.core.health import (
    BUSY,
    Outage,
    RuleName,
    Untold,
    busy_rules,
    last_time,
    outages_of,
    split_sources,
)
from watch.core.model import MessageId, MessageState, Place, SourceState
from watch.core.sending import Schedule, parse_send

NOW = datetime(2026, 8, 26, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONDAYS = Schedule(days=frozenset({0}), at=time(7))
RULE = RuleName(id="icbm", name="ICBM", place=Place(path="rules/korea.toml", line=3))


def _late(created: float, settled: float, delay: str = "") -> Untold:
    """Return a message that was sent late; both in hours from now."""
    return Untold(
        id=MessageId(1),
        message_id="<1@x>",
        recipient="a@b.org",
        subscription="desk",
        state=MessageState.SENT,
        created=NOW + created * HOUR,
        settled=NOW + settled * HOUR,
        answer="250 ok",
        delay=delay,
    )


def test_messages_that_waited_at_one_time_are_one_outage() -> None:
    late = [_late(0.5, 3, "421 busy"), _late(0, 2, "450 wait"), _late(2.5, 4), _late(6, 8, "no")]
    assert outages_of(late) == (
        Outage(mails=3, since=NOW, until=NOW + 4 * HOUR, why="421 busy"),
        Outage(mails=1, since=NOW + 6 * HOUR, until=NOW + 8 * HOUR, why="no"),
    )


def test_what_waited_though_nothing_failed_is_no_outage() -> None:
    assert outages_of([_late(0, 2), _late(1, 3)]) == ()
    assert outages_of([]) == ()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), max_size=12))
def test_outages_hold_all_that_waited_and_lie_apart(waits: list[tuple[int, int]]) -> None:
    outages = outages_of(_late(start, start + length, "no") for start, length in waits)
    assert sum(outage.mails for outage in outages) == len(waits)
    for one, next_one in pairwise(outages):
        assert one.until < next_one.since


@pytest.mark.parametrize(
    ("send", "zone", "now", "last"),
    [
        ("mondays at 07:00", "UTC", "2026-08-24T07:00", "2026-08-24T07:00"),
        ("mondays at 07:00", "UTC", "2026-08-24T06:59", "2026-08-17T07:00"),
        ("mondays at 07:00", "Asia/Seoul", "2026-08-24T00:00", "2026-08-23T22:00"),
        ("daily at 07:00", "UTC", "2026-08-24T06:00", "2026-08-23T07:00"),
        ("every 5h", "UTC", "2026-08-24T00:30", "2026-08-24T00:00"),
        ("every 5h", "UTC", "2026-08-24T23:59", "2026-08-24T20:00"),
        # The clock jumps from 02:00 to 03:00.
        ("sundays at 02:30", "Europe/Berlin", "2026-03-29T12:00", "2026-03-29T01:00"),
        # The 30th of December 2011, a Friday, was skipped.
        ("fridays at 07:00", "Pacific/Apia", "2012-01-01T00:00", None),
    ],
)
def test_the_last_time_of_a_schedule(send: str, zone: str, now: str, last: str | None) -> None:
    schedule = parse_send(send)
    assert schedule is not None
    found = last_time(schedule, ZoneInfo(zone), datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == (None if last is None else datetime.fromisoformat(last).replace(tzinfo=UTC))


def _at(day: int, count: int) -> list[datetime]:
    return [NOW + timedelta(days=day, minutes=minutes) for minutes in range(count)]


def test_a_rule_is_busy_with_more_than_thirty_documents_on_a_day() -> None:
    assert busy_rules([(RULE, _at(0, BUSY) + _at(1, BUSY))], UTC) == ()
    (busy,) = busy_rules([(RULE, _at(0, BUSY + 1) + _at(1, BUSY + 9) + _at(2, 1))], UTC)
    assert (busy.documents, busy.days) == (BUSY + 9, 2)
    assert busy.day == datetime(2026, 8, 27, tzinfo=UTC)


def test_the_busiest_rule_comes_first() -> None:
    other = RuleName(id="drone", name="Drones", place=RULE.place)
    held = [(RULE, _at(0, 40)), (other, _at(0, 50)), (RULE, _at(1, 45))]
    assert [one.documents for one in busy_rules(held, UTC)] == [50, 45, 40]


def test_sources_are_split_by_how_they_stand() -> None:
    def state(name: str, failing: int | None = None, paused: int | None = None) -> SourceState:
        return SourceState(
            name=name,
            location="x",
            due=NOW,
            failing_since=None if failing is None else NOW - failing * HOUR,
            paused_since=None if paused is None else NOW - paused * HOUR,
        )

    states = [state("b", 1), state("a", 1), state("c", 9), state("gone", 9, 3), state("well")]
    failing, paused, well = split_sources([*states, state("long gone", None, 5)])
    assert [one.name for one in failing] == ["c", "a", "b"]
    assert [one.name for one in paused] == ["long gone", "gone"]
    assert [one.name for one in well] == ["well"]
