"""Findings that are due become alerts, and alerts messages in the outbox."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from watch.core.alerts import Alert, Plan, Report, Trend
from watch.core.grouping import hush, make_plan
from watch.core.model import Subscription
from watch.core.trend import counts_by_day
from watch.errors import WatchError
from watch.notify.contents import IN_FULL
from watch.notify.render import Rendered
from watch.notify.unwritten_notice import unwritten_notice
from watch.pipeline.health import tell_of_templates
from watch.pipeline.job import Context, Job
from watch.pipeline.writing import write_alert
from watch.store.db import Transaction
from watch.store.findings import get_moments, get_told_stories
from watch.store.outbox import add_alert
from watch.store.rulesets import get_rule_files
from watch.store.silences import get_silences
from watch.store.sources import get_sources
from watch.store.tellings import get_marks, get_pasts, get_unsaid, get_waiting, settle

log = logging.getLogger(__name__)

_LONGEST_PLAN = timedelta(minutes=1)
"""How long a plan holds where nothing comes: to make one of thousands that wait takes a while."""
_PLAN_SHARE = 5
_LONGEST_REST_S = 5.0
"""A backlog has thousands wait while more come in: to plan anew at each takes most of the time.
So a plan rests for some times as long as it took, but no longer than this, in seconds."""
_TREND_DAYS = 14
_MOST_FAULTS = 3
"""How many times an alert is tried that cannot be written."""


async def make_alerts(context: Context, *, waits: bool = True) -> Sequence[Job]:
    """Write the mails of every alert that is due; with `waits` off nothing waits for more to come.

    Safe to run twice: an alert is known by its findings, and made once.
    """
    now = context.now()
    agenda = context.agenda
    if waits and context.monotonic() < agenda.not_before:
        return ()
    marks = (await context.store.read(get_marks), context.subscriptions, waits)
    is_as_before = marks == agenda.marks and agenda.made is not None and agenda.made <= now
    if is_as_before and agenda.until is not None and now < agenda.until:
        return ()
    began = context.monotonic()
    plan = await context.store.read(plan_now, context.subscriptions, now, waits=waits)
    took = context.monotonic() - began
    agenda.not_before = began + took + min(took * _PLAN_SHARE, _LONGEST_REST_S)
    agenda.marks, agenda.made = marks, now
    # What follows upon a mail, the next plan says.
    agenda.until = (
        now if plan.alerts else min(now + _LONGEST_PLAN, plan.next or now + _LONGEST_PLAN)
    )
    if plan.folded or plan.silenced:
        await context.store.write(settle, plan.folded, plan.silenced)
    subscriptions = {one.name: one for one in context.subscriptions}
    for alert in plan.alerts:
        await _write_mails(context, alert, subscriptions[alert.subscription])
    return [Job("deliver")] if plan.alerts else ()


def plan_now(
    transaction: Transaction,
    subscriptions: Sequence[Subscription],
    now: datetime,
    *,
    waits: bool = True,
) -> Plan:
    """Return what is to be done now about all that waits; nothing is changed by it."""
    waiting = get_waiting(transaction)
    if not waiting and not any(one.sends_empty for one in subscriptions):
        return Plan()
    silenced, heard = hush(waiting, get_silences(transaction), now)
    names = [one.name for one in subscriptions]
    pasts = get_pasts(transaction, names, {one.story for one in heard}, now)
    plan = make_plan(heard, subscriptions, pasts, now, waits=waits)
    return replace(plan, silenced=silenced)


def get_report(
    transaction: Transaction,
    alert: Alert,
    subscription: Subscription,
    sources: Collection[str],
    now: datetime,
) -> Report:
    """Return all that the mail of an alert is written from; `sources` are the configured ones."""
    stories = get_told_stories(transaction, alert.stories, in_full=IN_FULL)
    folded, hidden = get_unsaid(transaction, alert.subscription, get_silences(transaction))
    names = {
        finding.rule: finding.name
        for story in stories
        for part in story.told
        for finding in part.findings
    }
    # A day more than is shown: the first is a whole one in any zone.
    moments = get_moments(transaction, names, now - timedelta(days=_TREND_DAYS + 1))
    return Report(
        alert=alert,
        stories=stories,
        folded=folded,
        hidden=hidden,
        trends=tuple(
            Trend(
                rule=rule,
                name=name,
                counts=counts_by_day(moments.get(rule, ()), now, subscription.zone, _TREND_DAYS),
            )
            for rule, name in names.items()
        ),
        failing=tuple(
            f"{name}: {state.error}"
            for name, state in get_sources(transaction).items()
            if name in sources and state.failing_since is not None and state.error
        ),
        stale=tuple(
            file.path for file in get_rule_files(transaction) if file.stale_since is not None
        ),
    )


async def _write_mails(context: Context, alert: Alert, subscription: Subscription) -> None:
    now = context.now()
    sources = (*context.folders, *context.feeds)
    report = await context.store.read(get_report, alert, subscription, sources, now)
    rendered = await _put_into_words(context, report, subscription, now)
    if rendered is None:
        return
    is_new = await context.store.write(
        add_alert, report, rendered.messages, key=report.key(now), now=now
    )
    for failure in rendered.failures:
        log.error(
            "mail not written",
            extra={"subscription": subscription.name, "to": failure.recipient, "why": failure.text},
        )
    await tell_of_templates(context, rendered.complaints)
    if is_new:
        log.info(
            "alert made",
            extra={
                "subscription": subscription.name,
                "occasion": alert.occasion.value,
                "stories": len(report.stories),
                "findings": len(alert.findings),
                "documents": len(report.told),
                "mails": len(rendered.messages),
            },
        )


async def _put_into_words(
    context: Context, report: Report, subscription: Subscription, now: datetime
) -> Rendered | None:
    """Return the mails of an alert; None when a fault of ours keeps them from being written.

    The third time they are mails that say so: one alert must not hold up those behind it for ever.
    """
    faults = context.agenda.faults
    (made,) = await asyncio.gather(
        write_alert(context.sandbox, context.renderer.settings, report, subscription, now=now),
        return_exceptions=True,
    )
    if isinstance(made, Rendered):
        faults.pop(subscription.name, None)
        return made
    if isinstance(made, WatchError) or not isinstance(made, Exception):
        raise made
    log.error("mail not written", extra={"subscription": subscription.name}, exc_info=made)
    faults[subscription.name] = faults.get(subscription.name, 0) + 1
    if faults[subscription.name] < _MOST_FAULTS:
        return None
    del faults[subscription.name]
    findings = len(report.alert.findings)
    notices = [unwritten_notice(to, subscription, findings, now) for to in subscription.to]
    mails = [context.renderer.render_notice(notice, now=now) for notice in notices]
    return Rendered(
        messages=tuple(message for mail in mails for message in mail.messages),
        failures=tuple(failure for mail in mails for failure in mail.failures),
    )
