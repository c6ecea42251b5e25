"""The outbox is emptied: each message claimed, marked, handed over, settled."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from watch.core.model import Claim, MessageState
from watch.core.rate import Bucket
from watch.core.timing import GIVE_UP_AFTER, next_try
from watch.errors import (
    ChannelError,
    ChannelRefusedError,
    DeliveryError,
    PermanentError,
    StoreRefusedError,
    StoreUnavailableError,
    WatchError,
)
from watch.pipeline.job import Context, Job
from watch.pipeline.recording import record
from watch.store import outbox

log = logging.getLogger(__name__)

PROBE_EVERY = timedelta(hours=1)
"""How often a channel is tried that waits for a person: more would lock the account out."""

_MOST_FAULTS = 3
"""How many times a message may make us stumble."""


async def deliver(context: Context) -> Sequence[Job]:
    """Send every message that is due, one after the other; stop early when asked to.

    Nothing is begun that could not be recorded: raises StoreUnavailableError without room on the
    disk, StoreRefusedError when the database is not where it was.
    """
    closed_until = context.channel.closed_until
    if closed_until is not None and context.now() < closed_until:
        return ()
    if not await context.store.read(outbox.has_due, context.now()):
        return ()
    try:
        while await _may_send(context):
            context.store.check_in_place()
            await context.store.check_room()
            claim = await context.store.write(outbox.claim_message, context.now())
            if claim is None:
                break
            _count(context)
            await _send(context, claim)
            if context.channel.closed_until is not None:
                break
    finally:
        await context.transport.close()
    return ()


async def _send(context: Context, claim: Claim) -> None:
    """Hand one message over and settle it; give it back when it is to stop before it began."""
    is_begun = False

    async def mark() -> None:
        nonlocal is_begun
        context.store.check_in_place()
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
        await _give_back(context, claim)
        return
    # Once its transmission has begun the answer is awaited, however long that takes.
    if not sending.done():
        log.info("answer to a mail awaited", extra={"to": claim.message.recipient})
    is_fault_of_ours = True
    try:
        await _settle_by(context, claim, sending)
        is_fault_of_ours = False
    except StoreUnavailableError:
        is_fault_of_ours = False
        if not is_begun:  # it could not be marked, so it was not sent
            await _give_back(context, claim)
        raise
    except StoreRefusedError:
        is_fault_of_ours = False
        raise
    finally:
        if is_fault_of_ours:  # this message waits, and the others go on
            await _note_fault(context, claim, sending)


async def _note_fault(context: Context, claim: Claim, sending: asyncio.Task[str]) -> None:
    """Keep a message for later that something unforeseen befell; the third time it fails alone.

    It is its own fault only where sending it raised what nobody foresaw.
    """
    fault = None if sending.cancelled() or not sending.done() else sending.exception()
    if fault is not None and not isinstance(fault, WatchError):
        faults = context.channel.faults
        faults[claim.id] = faults.get(claim.id, 0) + 1
        if faults[claim.id] >= _MOST_FAULTS:
            what = f"given up after {_MOST_FAULTS} faults of the watchlist itself; see its log"
            await _settle(context, claim, MessageState.FAILED, what)
            del faults[claim.id]
            return
    due = next_try(context.now(), attempts=claim.attempts + 1, chance=context.chance())
    answer = "unforeseen; see the log"
    write = partial(outbox.postpone_message, message=claim.id, due=due, answer=answer)
    await record(context, claim, write, result=answer)


async def _give_back(context: Context, claim: Claim) -> None:
    write = partial(outbox.give_back_message, message=claim.id)
    await record(context, claim, write, result="not sent")


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
    write = partial(
        outbox.settle_message, message=claim.id, state=state, answer=answer, now=context.now()
    )
    await record(context, claim, write, result=f"{state.value}: {answer}")
    context.channel.settled[state] += 1
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
    # One that was never tried before has only lain there: nothing ran, or the clock was set.
    if claim.attempts and now - claim.created > GIVE_UP_AFTER:
        days = GIVE_UP_AFTER.days
        await _settle(context, claim, MessageState.FAILED, f"given up after {days} days: {error}")
        return
    due = next_try(now, attempts=claim.attempts + 1, chance=context.chance())
    write = partial(outbox.postpone_message, message=claim.id, due=due, answer=str(error))
    await record(context, claim, write, result=f"not sent: {error}")
    log.warning(
        "mail postponed",
        extra={"to": claim.message.recipient, "until": due, "why": str(error)},
    )


def _close_channel(context: Context, error: ChannelError, now: datetime) -> None:
    """Send nothing this way for a while: what failed for one message fails for all."""
    channel = context.channel
    channel.failures += 1
    channel.closed_since = channel.closed_since or now
    if isinstance(error, ChannelRefusedError):
        channel.closed_until, channel.refused = now + PROBE_EVERY, str(error)
    else:
        channel.refused = None
        channel.closed_until = next_try(now, attempts=channel.failures, chance=context.chance())
    log.error("no mail goes out", extra={"until": channel.closed_until, "why": str(error)})


async def _may_send(context: Context) -> bool:
    """Wait as long as the configured rate asks for; return whether to go on then."""
    bucket = context.channel.bucket
    wait = 0.0 if bucket is None else bucket.wait(context.monotonic())
    if wait and await context.store.read(outbox.has_due, context.now()):
        with suppress(TimeoutError):
            await asyncio.wait_for(context.stopping.wait(), timeout=wait)
    return not context.stopping.is_set()


def _count(context: Context) -> None:
    """Note that a mail leaves, for the configured rate; one that is refused then counts as well."""
    most = context.delivery.max_per_minute
    if most is not None:
        now = context.monotonic()
        bucket = context.channel.bucket or Bucket.full(most, now)
        context.channel.bucket = bucket.less_one(now)
