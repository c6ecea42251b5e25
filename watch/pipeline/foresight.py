"""What the next mail of each subscription would tell, and when; nothing is changed by looking."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from watch.core.alerts import Report
from watch.core.grouping import hush, make_plan
from watch.core.model import Subscription
from watch.pipeline.alert import get_report
from watch.store.db import Transaction
from watch.store.silences import get_silences
from watch.store.tellings import get_pasts, get_waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMail:
    """The next mail of a subscription, if nothing more comes until then."""

    subscription: Subscription
    at: datetime | None
    """When it goes out; None where nothing is to be told."""
    report: Report | None
    """What it is written from: as things stand now."""
    mails: int
    """How many leave at that time: of a subscription with a mail for each story, this is one."""
    waiting: int
    """Findings that wait to be told."""
    folded: int
    """Findings that wait, and are not told: their stories were, with those rules."""
    silenced: int
    """Findings that wait, and are not told: a silence hides them."""


def get_next_mails(
    transaction: Transaction,
    subscriptions: Sequence[Subscription],
    sources: Collection[str],
    now: datetime,
) -> tuple[NextMail, ...]:
    """Return the next mail of each subscription; `sources` are the configured ones."""
    silenced, heard = hush(get_waiting(transaction), get_silences(transaction), now)
    names = [one.name for one in subscriptions]
    pasts = get_pasts(transaction, names, {one.story for one in heard}, now)
    mails = []
    for subscription in subscriptions:
        its = [one for one in heard if one.subscription == subscription.name]
        plan = make_plan(its, [subscription], pasts, now)
        folded = {one.finding for one in plan.folded}
        its = [one for one in its if one.finding not in folded]
        at = now
        # Each look leads to a later one, until something is due or nothing will be.
        while not plan.alerts and plan.next is not None:
            at = plan.next
            plan = make_plan(its, [subscription], pasts, at)
        report = (
            get_report(transaction, plan.alerts[0], subscription, sources, now)
            if plan.alerts
            else None
        )
        mails.append(
            NextMail(
                subscription=subscription,
                at=at if plan.alerts else None,
                report=report,
                mails=len(plan.alerts),
                waiting=len(its),
                folded=len(folded),
                silenced=sum(one.subscription == subscription.name for one in silenced),
            )
        )
    return tuple(mails)
