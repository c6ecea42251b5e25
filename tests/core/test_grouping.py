from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_finding, a_subscription
from watch.core.grouping import due_alerts, selects
from watch.core.model import FindingId, Severity, Subscription, Waiting


@pytest.mark.parametrize(
    ("subscription", "wanted"),
    [
        (a_subscription(), True),
        (a_subscription(rules=("icbm",)), True),
        (a_subscription(rules=("ic*", "x")), True),
        (a_subscription(rules=("ICBM",)), False),
        (a_subscription(rules=("drone",)), False),
        (a_subscription(tags=("korea", "uav")), True),
        (a_subscription(tags=("uav",)), False),
        (a_subscription(rules=("*",), tags=("uav",)), False),
        (replace(a_subscription(), severity=Severity.NORMAL), True),
        (replace(a_subscription(), severity=Severity.HIGH), False),
    ],
)
def test_rules_tags_and_severity_must_all_hold(subscription: Subscription, *, wanted: bool) -> None:
    assert selects(subscription, a_finding("icbm")) is wanted


def _waiting(number: int, subscription: str = "Korea desk", *, age_s: float = 0) -> Waiting:
    since = NOW - timedelta(seconds=age_s)
    return Waiting(finding=FindingId(number), subscription=subscription, since=since)


def test_the_first_finding_waits_for_others_and_takes_them_along() -> None:
    desk = a_subscription()
    assert due_alerts([_waiting(1, age_s=59)], [desk], NOW) == ()
    (alert,) = due_alerts([_waiting(2), _waiting(1, age_s=60)], [desk], NOW)
    assert (alert.subscription, alert.findings) == ("Korea desk", (1, 2))


def test_a_command_that_waits_for_nothing_gets_all_at_once() -> None:
    (alert,) = due_alerts([_waiting(1)], [a_subscription()], NOW, waits=False)
    assert alert.findings == (1,)


def test_a_clock_that_was_set_back_holds_no_alert_up() -> None:
    (alert,) = due_alerts([_waiting(1, age_s=-3600)], [a_subscription()], NOW)
    assert alert.findings == (1,)


def test_what_waits_for_a_subscription_that_is_gone_stays() -> None:
    assert due_alerts([_waiting(1, "gone", age_s=999)], [a_subscription()], NOW) == ()


@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.sampled_from("abc"), st.floats(-100, 200)),
        unique_by=lambda one: one[:2],
    ),
    st.floats(0, 120),
)
def test_each_finding_is_told_to_each_of_its_subscribers_exactly_once(
    given_waiting: list[tuple[int, str, float]], wait_s: float
) -> None:
    waiting = [_waiting(number, name, age_s=age) for number, name, age in given_waiting]
    desks = [replace(a_subscription(name), group_wait=timedelta(seconds=wait_s)) for name in "abc"]
    told: list[tuple[str, int]] = []
    now: datetime = NOW
    for _ in range(6):
        alerts = due_alerts(waiting, desks, now)
        told += [(alert.subscription, number) for alert in alerts for number in alert.findings]
        waiting = [one for one in waiting if (one.subscription, one.finding) not in told]
        now += timedelta(seconds=60)
    assert sorted(told) == sorted((name, number) for number, name, _ in given_waiting)
