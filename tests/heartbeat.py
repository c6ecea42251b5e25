"""How long an event loop stands still.

async with heartbeat() as heart:
    ...
assert heart.longest_s < 0.1
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

EVERY_S = 0.002


@dataclass(slots=True)
class Heart:
    """What was measured so far."""

    longest_s: float = 0.0
    """The longest time for which the loop did nothing while this process had the processor: what
    others use the machine for is no stall of ours."""


@asynccontextmanager
async def heartbeat() -> AsyncIterator[Heart]:
    """Measure as long as the context lasts."""
    heart = Heart()

    async def beat() -> None:
        wall, used = time.monotonic(), time.process_time()
        while True:
            await asyncio.sleep(EVERY_S)
            wall_now, used_now = time.monotonic(), time.process_time()
            heart.longest_s = max(heart.longest_s, min(wall_now - wall, used_now - used))
            wall, used = wall_now, used_now

    # What all the tests before have left is not looked through meanwhile.
    gc.collect()
    gc.freeze()
    beating = asyncio.create_task(beat())
    await asyncio.sleep(2 * EVERY_S)
    try:
        yield heart
        # The last stall is seen at the beat after it.
        await asyncio.sleep(2 * EVERY_S)
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
        gc.unfreeze()
