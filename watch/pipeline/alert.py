"""Findings that are due become alerts, and alerts messages in the outbox."""

import asyncio
import logging
from collections.abc import Sequence

from watch.core.grouping import due_alerts
from watch.core.model import Alert, Subscription, alert_key
from watch.pipeline.job import Context, Job
from watch.store.findings import get_told, get_waiting
from watch.store.outbox import add_alert

log = logging.getLogger(__name__)


async def make_alerts(context: Context, *, waits: bool = True) -> Sequence[Job]:
    """Write the mails of every alert that is due; with `waits` off every wait is over.

    Safe to run twice: an alert is known by its findings, and made once.
    """
    now = context.now()
    waiting = await context.store.read(get_waiting)
    subscriptions = {one.name: one for one in context.subscriptions}
    alerts = due_alerts(waiting, context.subscriptions, now, waits=waits)
    for alert in alerts:
        await _write_mails(context, alert, subscriptions[alert.subscription])
    return [Job("deliver")] if alerts else []


async def _write_mails(context: Context, alert: Alert, subscription: Subscription) -> None:
    told = await context.store.read(get_told, alert.findings)
    now = context.now()
    rendered = await asyncio.to_thread(context.renderer.render, alert, told, subscription, now=now)
    is_new = await context.store.write(
        add_alert,
        alert,
        rendered.messages,
        key=alert_key(subscription.name, told),
        now=now,
    )
    for failure in rendered.failures:
        log.error(
            "mail not written",
            extra={"subscription": subscription.name, "to": failure.recipient, "why": failure.text},
        )
    for complaint in rendered.complaints:
        log.warning("mail template", extra={"why": complaint})
    if is_new:
        log.info(
            "alert made",
            extra={
                "subscription": subscription.name,
                "findings": len(alert.findings),
                "documents": len(told),
                "mails": len(rendered.messages),
            },
        )
