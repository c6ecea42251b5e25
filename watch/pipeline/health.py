"""The operator is told of what needs a person, and once a week how it stands with the whole."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from watch.core.health import RuleName, last_time, outages_of
from watch.core.model import Message, MessageId, MessageState, SourceState
from watch.core.rules.ruleset import Item, Rule
from watch.notify.delivery_notice import deliveries_notice
from watch.notify.health import HealthMail
from watch.notify.render import Rendered
from watch.notify.source_notice import sources_notice
from watch.notify.template_notice import templates_notice
from watch.pipeline.job import Context, Job
from watch.pipeline.writing import write_health
from watch.store.db import Transaction
from watch.store.health import (
    Watched,
    get_first_start,
    get_health,
    get_untold_messages,
    note_told,
)
from watch.store.outbox import add_notices, has_due, has_message
from watch.store.sources import get_untold, put_told

log = logging.getLogger(__name__)

PATIENCE = timedelta(days=1)
"""How long a source may fail before a person is asked to look."""


async def tell_operator(context: Context) -> Sequence[Job]:
    """Write the operator's mails: of sources, of mail that went wrong, and the health mail."""
    if context.operator is None:
        return ()
    written = [
        await _tell_sources(context, context.operator),
        await _tell_deliveries(context, context.operator),
        await _tell_health(context, context.operator),
    ]
    return [Job("deliver")] if any(written) else ()


async def _tell_sources(context: Context, operator: str) -> bool:
    """Write one mail of all sources that the operator is to hear of; return whether it did."""
    now = context.now()
    untold = [
        state
        for state in await context.store.read(get_untold, now - PATIENCE)
        if state.name in context.feeds or state.name in context.folders
    ]
    if not untold:
        return False
    failing = [state for state in untold if not state.is_told]
    back = [state for state in untold if state.is_told]
    notice = sources_notice(operator, failing=failing, back=back, now=now)
    rendered = context.renderer.render_notice(notice, now=now)
    _log_failures(rendered)
    await context.store.write(_keep_sources, rendered.messages, untold, now)
    return True


def _keep_sources(
    transaction: Transaction,
    messages: Sequence[Message],
    untold: Sequence[SourceState],
    now: datetime,
) -> None:
    add_notices(transaction, messages, now)
    for state in untold:
        put_told(transaction, state.name, is_told=not state.is_told)


async def _tell_deliveries(context: Context, operator: str) -> bool:
    """Write one mail of all messages that went wrong; return whether it did.

    Of what was late the operator hears when nothing is left that could be sent. What went wrong
    with a notice to the operator makes no other one: it would go the same way.
    """
    now = context.now()
    untold = await context.store.read(get_untold_messages)
    if not untold:
        return False
    if await context.store.read(has_due, now):
        untold = tuple(one for one in untold if one.state is not MessageState.SENT)
    others = [one for one in untold if one.subscription or one.recipient != operator]
    lost = [one for one in others if one.state is not MessageState.SENT]
    outages = outages_of(one for one in others if one.state is MessageState.SENT)
    messages: tuple[Message, ...] = ()
    if lost or outages:
        notice = deliveries_notice(operator, lost=lost, outages=outages)
        rendered = context.renderer.render_notice(notice, now=now)
        _log_failures(rendered)
        messages = rendered.messages
    if untold:
        told = [one.id for one in untold]
        await context.store.write(_keep_deliveries, messages, told, now)
    return bool(messages)


def _keep_deliveries(
    transaction: Transaction, messages: Sequence[Message], told: Sequence[MessageId], now: datetime
) -> None:
    add_notices(transaction, messages, now)
    note_told(transaction, told)


async def _tell_health(context: Context, operator: str) -> bool:
    """Write the health mail that fell due last, unless it was written; return whether it did."""
    schedule, zone, now = context.health.schedule, context.health.zone, context.now()
    due = None if schedule is None else last_time(schedule, zone, now)
    if schedule is None or due is None:
        return False
    message_id = context.renderer.health_id(operator, due)
    if await context.store.read(has_message, message_id):
        return False
    began = await context.store.read(get_first_start)
    if began is None or due <= began:
        return False
    report = await context.store.read(get_health, _watched(context), now)
    mail = HealthMail(to=operator, due=due, report=report, schedule=schedule, zone=zone)
    rendered = await write_health(context.sandbox, context.renderer.settings, mail, now=now)
    _log_failures(rendered)
    await tell_of_templates(context, rendered.complaints)
    await context.store.write(add_notices, rendered.messages, now)
    log.info("health mail written", extra={"to": operator, "due": due})
    return bool(rendered.messages)


async def tell_of_templates(context: Context, complaints: Sequence[str]) -> None:
    """Tell the operator of templates that failed, once a day each."""
    for complaint in complaints:
        log.warning("mail template", extra={"why": complaint})
    folder, now = context.renderer.settings.templates, context.now()
    if not complaints or context.operator is None or folder is None:
        return
    notice = templates_notice(context.operator, folder, complaints, now=now)
    rendered = context.renderer.render_notice(notice, now=now)
    _log_failures(rendered)
    await context.store.write(add_notices, rendered.messages, now)


def _watched(context: Context) -> Watched:
    """Return what the report is about: what is configured and in force now."""
    ruleset = context.rules.matcher.ruleset
    rules: tuple[Item | Rule, ...] = (*ruleset.items, *ruleset.rules)
    return Watched(
        sources=(*context.folders, *context.feeds),
        rules=tuple(
            RuleName(id=one.id, name=one.name, place=one.place) for one in rules if one.has_alert
        ),
        subscriptions=tuple(subscription.name for subscription in context.subscriptions),
        zone=context.health.zone,
    )


def _log_failures(rendered: Rendered) -> None:
    for failure in rendered.failures:
        log.error("notice not written", extra={"to": failure.recipient, "why": failure.text})
