from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from watch.core.timing import next_poll, next_scan, next_try

MINUTE = timedelta(minutes=1)


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
