"""What became of a mail is recorded, for however long the database cannot be written."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from watch.core.model import Claim
from watch.errors import StoreRefusedError, StoreUnavailableError
from watch.pipeline.job import Context
from watch.store.db import Transaction

log = logging.getLogger(__name__)

TRY_EVERY_S = 1.0
STOPPING_S = 10.0
"""How long it is tried still once the process is to stop."""


async def record(
    context: Context,
    claim: Claim,
    write: Callable[[Transaction], None],
    *,
    result: str,
    stopping_s: float = STOPPING_S,
) -> None:
    """Write what became of a claimed message; hold it in memory until that is committed.

    A mail that was sent and is not known to be is sent again. So nothing gives this up but the
    end of the process: it then says what it knows, and StoreUnavailableError comes through. What
    cannot be written ever raises StoreRefusedError.
    """
    fields = {"to": claim.message.recipient, "id": claim.message.message_id, "result": result}
    given_up_at: float | None = None
    is_told = False
    now = asyncio.get_running_loop().time
    while True:
        if context.stopping.is_set() and given_up_at is None:
            given_up_at = now() + stopping_s
        try:
            await context.store.record(write)
        except StoreUnavailableError as error:
            if given_up_at is not None and now() >= given_up_at:
                log.error("result not recorded", extra={**fields, "why": str(error)})
                raise
            if not is_told:
                log.error("result kept in memory", extra={**fields, "why": str(error)})
                # Nothing else is sent meanwhile, which may take hours.
                await context.transport.close()
            is_told = True
        except StoreRefusedError as error:
            log.error("result not recorded", extra={**fields, "why": str(error)})
            raise
        else:
            break
        await _pause(context)
    if is_told:
        log.info("result recorded", extra=fields)


async def _pause(context: Context) -> None:
    """Wait until the next try; the first word of a stop cuts that short."""
    if context.stopping.is_set():
        await asyncio.sleep(TRY_EVERY_S)
        return
    with suppress(TimeoutError):
        await asyncio.wait_for(context.stopping.wait(), TRY_EVERY_S)
