from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watch.core.rate import Bucket


def _leaves(bucket: Bucket, waits: list[float], *, at: float) -> list[float]:
    """Return when mails leave that are ready so many seconds after one another."""
    left = []
    for ready in waits:
        at += ready
        at += bucket.wait(at)
        bucket = bucket.less_one(at)
        left.append(at)
    return left


def test_a_sixth_goes_at_once_and_the_others_evenly() -> None:
    left = _leaves(Bucket.full(60, 5.0), [0.0] * 14, at=5.0)
    assert left[:10] == [5.0] * 10
    steps = [round(after - before, 3) for before, after in pairwise(left[9:])]
    assert steps == [1.176] * 4


def test_one_a_minute_is_one_each_minute() -> None:
    assert _leaves(Bucket.full(1, 0.0), [0.0] * 4, at=0.0) == [0.0, 60.0, 120.0, 180.0]


def test_who_was_quiet_may_burst_again_but_no_more_than_before() -> None:
    left = _leaves(Bucket.full(12, 0.0), [0.0, 0.0, 3_600.0, 0.0, 0.0], at=0.0)
    assert left[:4] == [0.0, 0.0, 3_600.0, 3_600.0]
    assert left[4] > 3_605


@pytest.mark.parametrize("back", [-1.0, -3_600.0])
def test_a_clock_that_stands_still_or_goes_back_gives_nothing(back: float) -> None:
    bucket = Bucket.full(6, 100.0).less_one(100.0)
    assert bucket.wait(100.0 + back) == bucket.wait(100.0) > 0


@given(
    most=st.integers(1, 200),
    waits=st.lists(st.sampled_from([0.0, 0.0, 0.1, 1.0, 7.3, 59.9, 61.0]), max_size=400),
)
def test_within_no_minute_do_more_leave_than_may(most: int, waits: list[float]) -> None:
    left = _leaves(Bucket.full(most, 0.0), waits, at=0.0)
    for index, moment in enumerate(left[: len(left) - most]):
        assert left[index + most] - moment >= 60 - 1e-6
