"""The operator is told of sources that fail for a day, are gone for good, or are back."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from watch.core.model import Message, SourceState
from watch.notify.source_notice import sources_notice
from watch.pipeline.job import Context, Job
from watch.store.db import Transaction
from watch.store.outbox import add_notices
from watch.store.sources import get_untold, put_told

log = logging.getLogger(__name__)

PATIENCE = timedelta(days=1)
"""How long a source may fail before a person is asked to look."""


async def tell_operator(context: Context) -> Sequence[Job]:
    """Write one mail of all sources that the operator is to hear of, if there are any."""
    if context.operator is None:
        return ()
    now = context.now()
    untold = [
        state
        for state in await context.store.read(get_untold, now - PATIENCE)
        if state.name in context.feeds or state.name in context.folders
    ]
    if not untold:
        return ()
    failing = [state for state in untold if not state.is_told]
    back = [state for state in untold if state.is_told]
    notice = sources_notice(context.operator, failing=failing, back=back, now=now)
    rendered = context.renderer.render_notice(notice, now=now)
    for failure in rendered.failures:
        log.error("notice not written", extra={"to": failure.recipient, "why": failure.text})
    await context.store.write(_keep, rendered.messages, untold, now)
    return [Job("deliver")]


def _keep(
    transaction: Transaction,
    messages: Sequence[Message],
    untold: Sequence[SourceState],
    now: datetime,
) -> None:
    add_notices(transaction, messages, now)
    for state in untold:
        put_told(transaction, state.name, is_told=not state.is_told)
