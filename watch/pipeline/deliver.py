"""The outbox is emptied: each message claimed, marked, handed over, settled."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from watch.core.model import Claim, MessageState
from watch.core.timing import GIVE_UP_AFTER, next_try
from watch.errors import ChannelError, ChannelRefusedError, DeliveryError, PermanentError
from watch.pipeline.job import Context, Job
from watch.store import outbox

log = logging.getLogger(__name__)

PROBE_EVERY = timedelta(hours=1)
"""How often a channel is tried that waits for a person: more would lock the account out."""


async def deliver(context: Context) -> Sequence[Job]:
    """Send every message that is due, one after the other; stop early when asked to."""
    closed_until = context.channel.closed_until
    if closed_until is not None and context.now() < closed_until:
        return ()
    if not await context.store.read(outbox.has_due, context.now()):
        return ()
    try:
        while not context.stopping.is_set():
            claim = await context.store.write(outbox.claim_message, context.now())
            if claim is None:
                break
            await _send(context, claim)
            if context.channel.closed_until is not None:
                break
            await _keep_rate(context)
    finally:
        await context.transport.close()
    return ()


async def _send(context: Context, claim: Claim) -> None:
    """Hand one message over and settle it; give it back when it is to stop before it began."""
    is_begun = False

    async def mark() -> None:
        nonlocal is_begun
        await context.store.write(outbox.mark_message, claim.id, context.now())
        is_begun = True

    sending = asyncio.create_task(
        context.transport.send(claim.message, sender=context.sender, mark=mark)
    )
    stopping = asyncio.create_task(context.stopping.wait())
    await asyncio.wait({sending, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not sending.done() and not is_begun:
        sending.cancel()
        with suppress(asyncio.CancelledError, DeliveryError):
            await sending
        await context.store.write(outbox.give_back_message, claim.id)
        return
    # Once its transmission has begun the answer is awaited, however long that takes.
    is_settled = False
    try:
        await _settle_by(context, claim, sending)
        is_settled = True
    finally:
        if not is_settled:  # a fault of ours: this message waits, and the others go on
            due = next_try(context.now(), attempts=claim.attempts + 1, chance=context.chance())
            await context.store.write(
                outbox.postpone_message,
                claim.id,
                due=due,
                answer="unforeseen; see the log",
            )


async def _settle_by(context: Context, claim: Claim, sending: asyncio.Task[str]) -> None:
    try:
        answer = await sending
    except PermanentError as error:
        context.channel.open()
        await _settle(context, claim, MessageState.FAILED, str(error))
    except DeliveryError as error:
        await _postpone(context, claim, error)
    else:
        context.channel.open()
        await _settle(context, claim, MessageState.SENT, answer)


async def _settle(context: Context, claim: Claim, state: MessageState, answer: str) -> None:
    await context.store.write(
        outbox.settle_message, claim.id, state, answer=answer, now=context.now()
    )
    fields = {"to": claim.message.recipient, "id": claim.message.message_id, "answer": answer}
    if state is MessageState.SENT:
        log.info("mail sent", extra=fields)
    else:
        log.error("mail failed", extra=fields)


async def _postpone(context: Context, claim: Claim, error: DeliveryError) -> None:
    """Keep a message for later; give it up when it has been tried for days."""
    now = context.now()
    if isinstance(error, ChannelError):
        _close_channel(context, error, now)
    else:
        context.channel.open()
    if now - claim.created > GIVE_UP_AFTER:
        days = GIVE_UP_AFTER.days
        await _settle(context, claim, MessageState.FAILED, f"given up after {days} days: {error}")
        return
    due = next_try(now, attempts=claim.attempts + 1, chance=context.chance())
    await context.store.write(outbox.postpone_message, claim.id, due=due, answer=str(error))
    log.warning(
        "mail postponed",
        extra={"to": claim.message.recipient, "until": due, "why": str(error)},
    )


def _close_channel(context: Context, error: ChannelError, now: datetime) -> None:
    """Send nothing this way for a while: what failed for one message fails for all."""
    channel = context.channel
    channel.failures += 1
    if isinstance(error, ChannelRefusedError):
        channel.closed_until = now + PROBE_EVERY
    else:
        channel.closed_until = next_try(now, attempts=channel.failures, chance=context.chance())
    log.error("no mail goes out", extra={"until": channel.closed_until, "why": str(error)})


async def _keep_rate(context: Context) -> None:
    """Wait as long as the configured rate asks for, or until it is to stop."""
    most = context.delivery.max_per_minute
    if most is not None:
        with suppress(TimeoutError):
            await asyncio.wait_for(context.stopping.wait(), timeout=60 / most)
