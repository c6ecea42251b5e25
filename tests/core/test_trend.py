from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from watch.core.trend import bars, counts_by_day

DAY = timedelta(days=1)
BLOCKS = "▁▂▃▄▅▆▇█"
COUNTS = st.lists(st.integers(0, 10**30))


def moment(written: str) -> datetime:
    return datetime.fromisoformat(f"{written}:00+00:00")


def test_without_moments_there_are_14_empty_days() -> None:
    assert counts_by_day([], NOW, UTC) == (0,) * 14


def test_today_is_last_and_days_out_of_sight_are_left_out() -> None:
    moments = [NOW, NOW, NOW - DAY, NOW - 2 * DAY, NOW - 3 * DAY, NOW - 99 * DAY, NOW + DAY]
    assert counts_by_day(moments, NOW, UTC, days=3) == (1, 1, 2)
    assert counts_by_day(moments, NOW, UTC, days=1) == (2,)
    assert counts_by_day(iter(moments), NOW, UTC) == (0,) * 10 + (1, 1, 1, 2)


@pytest.mark.parametrize(
    ("zone", "wanted"),
    [
        ("UTC", (0, 2, 1)),
        ("Asia/Seoul", (0, 1, 2)),
        ("Asia/Kathmandu", (0, 2, 1)),
        ("America/New_York", (1, 2, 0)),
    ],
)
def test_a_day_is_one_of_the_recipients(zone: str, wanted: tuple[int, ...]) -> None:
    moments = [moment("2026-08-25T03:59"), moment("2026-08-25T15:00"), moment("2026-08-26T00:00")]
    now = moment("2026-08-26T12:00")
    assert counts_by_day(moments, now, ZoneInfo(zone), days=3) == wanted


def test_days_that_a_change_of_the_clock_makes_longer_or_shorter_are_days() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    spring = [moment("2026-03-28T23:00"), moment("2026-03-29T21:59"), moment("2026-03-29T22:00")]
    assert counts_by_day(spring, spring[-1], berlin, days=2) == (2, 1)
    autumn = [moment("2026-10-24T22:00"), moment("2026-10-25T22:59"), moment("2026-10-25T23:00")]
    assert counts_by_day(autumn, autumn[-1], berlin, days=2) == (2, 1)


def test_a_date_that_was_skipped_has_nothing() -> None:
    moments = [moment("2011-12-30T09:59"), moment("2011-12-30T10:00")]
    assert counts_by_day(moments, moments[-1], ZoneInfo("Pacific/Apia"), days=3) == (1, 0, 1)


def test_what_comes_later_today_counts() -> None:
    now = moment("2026-08-26T12:00")
    moments = [moment("2026-08-26T23:59"), moment("2026-08-27T00:00")]
    assert counts_by_day(moments, now, UTC, days=2) == (0, 1)


def test_the_first_and_the_last_moment_there_is_are_left_out() -> None:
    moments = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    for zone in ("America/New_York", "Asia/Seoul"):
        assert counts_by_day(moments, NOW, ZoneInfo(zone), days=2) == (0, 0)


@given(
    st.lists(st.timedeltas(-20 * DAY, 3 * DAY).map(lambda ago: NOW + ago)),
    st.sampled_from(["Asia/Seoul", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"]),
    st.integers(1, 30),
)
def test_every_moment_of_a_day_in_sight_is_counted(
    moments: list[datetime], zone: str, days: int
) -> None:
    counts = counts_by_day(moments, NOW, ZoneInfo(zone), days)
    today = NOW.astimezone(ZoneInfo(zone)).date()
    dates = [one.astimezone(ZoneInfo(zone)).date() for one in moments]
    assert list(counts) == [dates.count(today - age * DAY) for age in reversed(range(days))]


@pytest.mark.parametrize(
    ("counts", "drawn"),
    [
        ((), ""),
        ((0,), "▁"),
        ((0, 0, 0), "▁▁▁"),
        ((1,), "█"),
        ((0, 1, 2, 3, 4, 5, 6, 7), "▁▂▃▄▅▆▇█"),
        ((0, 1, 1000), "▁▂█"),
        ((5, 5, 0, 5), "██▁█"),
        ((1, 2), "▅█"),
    ],
)
def test_bars_are_scaled_to_the_largest(counts: tuple[int, ...], drawn: str) -> None:
    assert bars(counts) == drawn


@given(COUNTS)
def test_bars_hide_nothing_and_keep_the_order(counts: list[int]) -> None:
    drawn = [BLOCKS.index(block) for block in bars(counts)]
    assert [height > 0 for height in drawn] == [count > 0 for count in counts]
    assert max(drawn, default=0) == (7 if any(counts) else 0)
    by_count = [height for _, height in sorted(zip(counts, drawn, strict=True))]
    assert by_count == sorted(by_count)
