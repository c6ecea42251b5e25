"""Signals ask the daemon to stop, or to take up what was edited."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until_signal(
    work: Callable[[asyncio.Event], Awaitable[T]], *, reloading: asyncio.Event | None = None
) -> T:
    """Return what the work returns; a first signal asks it to stop, a second ends the process.

    SIGHUP sets `reloading`; where that is None it ends the process, as it does by default.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        if stopping.is_set():
            # As if the signal had not been caught: the outbox stands any end.
            os._exit(128 + number)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    if reloading is not None:
        loop.add_signal_handler(signal.SIGHUP, reloading.set)
    return await work(stopping)
