from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from watch.core.model import HostState, Move, Wishes
from watch.core.timing import (
    counts_as_gone,
    move_of,
    next_poll,
    next_reading,
    next_scan,
    next_try,
    pace_of,
    rest_of,
    slowed,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("failures", "wanted"),
    [(0, 15 * MINUTE), (1, 30 * MINUTE), (3, 120 * MINUTE), (99, timedelta(hours=24))],
)
def test_a_source_that_fails_backs_off_to_once_a_day(failures: int, wanted: timedelta) -> None:
    assert next_poll(NOW, 15 * MINUTE, failures=failures, chance=0.0) == NOW + wanted
    assert next_poll(NOW, timedelta(days=7), failures=failures, chance=0.0) == NOW + timedelta(
        days=7
    )


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_polls_are_spread_but_never_early_and_never_never(failures: int, chance: float) -> None:
    wait = next_poll(NOW, 15 * MINUTE, failures=failures, chance=chance) - NOW
    assert 15 * MINUTE <= wait <= timedelta(hours=24) * 1.2


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 300), (2, 600), (3, 1200), (4, 2400), (5, 4000), (500, 4000)]
)
def test_a_message_is_tried_again_after_5_minutes_doubling_to_67(
    attempts: int, seconds: int
) -> None:
    waits = [
        (next_try(NOW, attempts=attempts, chance=chance) - NOW).total_seconds()
        for chance in (0.0, 0.5, 1.0)
    ]
    assert waits == pytest.approx([seconds * 0.9, seconds, seconds * 1.1])


def test_a_folder_is_scanned_every_5_seconds_or_a_twentieth_of_the_time() -> None:
    assert next_scan(None, timedelta(milliseconds=20)) == timedelta(seconds=5)
    assert next_scan(None, timedelta(seconds=3)) == MINUTE
    assert next_scan(timedelta(seconds=1), timedelta()) == timedelta(seconds=1)
    assert next_scan(timedelta(hours=1), timedelta(seconds=3)) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("ages", "is_whole", "wanted"),
    [
        ([], False, 15 * MINUTE),
        ([], True, HOUR),
        ([None, None], False, 15 * MINUTE),
        ([MINUTE] * 1000, False, 15 * MINUTE),
        ([HOUR] * 336, False, 30 * MINUTE),
        ([HOUR] * 336, True, 30 * MINUTE),
        ([HOUR] * 20 + [30 * DAY] * 900, False, HOUR),
        ([HOUR] * 20 + [None], True, 4 * HOUR),
        ([900 * DAY], True, 4 * HOUR),
        ([-DAY] * 336, True, 30 * MINUTE),
    ],
)
def test_a_feed_is_asked_as_often_as_it_brings_something_within_bounds(
    ages: list[timedelta | None], *, is_whole: bool, wanted: timedelta
) -> None:
    published = [None if age is None else NOW - age for age in ages]
    assert pace_of(published, NOW, is_whole=is_whole) == wanted


@pytest.mark.parametrize(
    ("wishes", "fresh_for", "wanted"),
    [
        (Wishes(), timedelta(0), 15 * MINUTE),
        (Wishes(wait=HOUR), timedelta(0), HOUR),
        (Wishes(wait=HOUR), 2 * HOUR, 2 * HOUR),
        (Wishes(wait=5 * MINUTE), MINUTE, 15 * MINUTE),
        (Wishes(wait=timedelta(days=400)), timedelta(0), DAY),
        (Wishes(), timedelta(days=3650), DAY),
    ],
)
def test_wishes_only_ever_delay_and_by_a_day_at_the_most(
    wishes: Wishes, fresh_for: timedelta, wanted: timedelta
) -> None:
    due = next_reading(NOW, 15 * MINUTE, wishes=wishes, fresh_for=fresh_for, chance=0.0)
    assert due - NOW == wanted
    late = next_reading(NOW, 15 * MINUTE, wishes=wishes, fresh_for=fresh_for, chance=1.0)
    assert late - NOW == wanted * 1.2


def test_quiet_hours_and_days_are_waited_out_for_a_day_at_the_most() -> None:
    # NOW is a Wednesday, 05:01:12.
    def due(hours: set[int], days: set[int]) -> timedelta:
        wishes = Wishes(quiet_hours=frozenset(hours), quiet_days=frozenset(days))
        moment = next_reading(NOW, 15 * MINUTE, wishes=wishes, fresh_for=timedelta(0), chance=0.0)
        return moment - NOW.replace(minute=0, second=0)

    quarter = NOW - NOW.replace(minute=0, second=0) + 15 * MINUTE
    assert due({4, 6}, {1, 3}) == quarter
    assert due({5, 6, 7}, set()) == 3 * HOUR
    assert due(set(range(24)) - {4}, set()) == 23 * HOUR
    assert due(set(), {2}) == 19 * HOUR, "until midnight"
    assert due(set(), {2, 3}) == DAY + quarter - 15 * MINUTE
    assert due(set(range(24)), set(range(7))) == DAY + quarter - 15 * MINUTE


def test_a_move_is_believed_once_its_server_has_kept_to_it_for_a_week() -> None:
    first, is_proved = move_of(None, "https://b.example/feed", NOW)
    assert first == Move(to="https://b.example/feed", since=NOW)
    assert not is_proved
    assert move_of(first, first.to, NOW + 6 * DAY) == (first, False)
    assert move_of(first, first.to, NOW + 7 * DAY) == (first, True)
    other = Move(to="https://c.example/feed", since=NOW + 8 * DAY)
    assert move_of(first, other.to, NOW + 8 * DAY) == (other, False), "it changed its mind"
    assert move_of(first, None, NOW + 8 * DAY) == (None, False), "it answers where it was"


def test_gone_is_counted_once_a_day() -> None:
    assert counts_as_gone(None, NOW)
    assert not counts_as_gone(NOW, NOW + 19 * HOUR)
    assert counts_as_gone(NOW, NOW + 21 * HOUR)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (None, 15 * MINUTE),
        (timedelta(0), MINUTE),
        (timedelta(days=-3), MINUTE),
        (HOUR, HOUR),
        (timedelta(days=3650), DAY),
    ],
)
def test_a_host_is_left_alone_as_it_asks_from_a_minute_to_a_day(
    asked: timedelta | None, wanted: timedelta
) -> None:
    state = rest_of(None, "example.org", NOW, asked=asked, chance=0.0)
    assert state == HostState(
        host="example.org", closed_until=NOW + wanted, refusals=1, refused=NOW
    )


def test_a_host_that_refuses_again_within_a_week_is_left_alone_twice_as_long() -> None:
    state, now, waits = None, NOW, []
    for _ in range(9):
        state = rest_of(state, "example.org", now, asked=None, chance=0.0)
        waits.append((state.closed_until - now) / MINUTE)
        now = state.closed_until + HOUR
    assert waits == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]
    assert state is not None
    assert slowed(HOUR, state, now) == 2 * HOUR
    later = state.refused + 7 * DAY
    assert slowed(HOUR, state, later) == HOUR
    assert rest_of(state, "example.org", later, asked=None, chance=0.0).refusals == 1
    first = rest_of(None, "example.org", NOW, asked=None, chance=0.0)
    assert slowed(HOUR, first, NOW) == slowed(HOUR, None, NOW) == HOUR
