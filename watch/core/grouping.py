"""Findings, subscriptions and the time to alerts, each with its reason. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from watch.core.model import Alert, Finding, Reason, Subscription, Waiting


def selects(subscription: Subscription, finding: Finding) -> bool:
    """Whether a subscription is to be told of a finding."""
    return (
        finding.severity >= subscription.severity
        and (not subscription.tags or not set(subscription.tags).isdisjoint(finding.tags))
        and (
            not subscription.rules
            or any(fnmatchcase(finding.rule, pattern) for pattern in subscription.rules)
        )
    )


def due_alerts(
    waiting: Iterable[Waiting],
    subscriptions: Sequence[Subscription],
    now: datetime,
    *,
    waits: bool = True,
) -> tuple[Alert, ...]:
    """Return the alerts that are due: all that waits for a subscription once its wait is over.

    The wait counts from the first finding, so that one event makes one mail. With `waits` off
    every alert is due at once. What waits for a subscription that is no longer there stays.
    """
    by_subscription: defaultdict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        by_subscription[one.subscription].append(one)
    alerts = []
    for subscription in subscriptions:
        theirs = by_subscription.get(subscription.name)
        if not theirs:
            continue
        first = min(one.since for one in theirs)
        # A clock that was set back must not hold an alert for longer than the wait.
        if waits and first <= now < first + subscription.group_wait:
            continue
        alerts.append(
            Alert(
                subscription=subscription.name,
                reason=Reason.NEW,
                findings=tuple(sorted(one.finding for one in theirs)),
            )
        )
    return tuple(alerts)
