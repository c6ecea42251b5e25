"""The wall clock is watched: it may be set while the daemon runs, or stand in 1970 at boot.

What is due is kept as a time of the wall clock. When that is set, all of it follows, so that
nothing waits for longer than it was to, and nothing comes twice.
"""

import logging
import time
from dataclasses import replace
from datetime import datetime, timedelta

from watch.core.timing import JUMP
from watch.errors import StoreUnavailableError
from watch.pipeline.job import Context
from watch.store.clock import get_latest, move_clock

LEAP = timedelta(days=30)
"""How far ahead the clock must leap to be doubted: it may be set right again."""
DOUBT_S = 86_400.0
"""For how long nothing is then let go of for being old."""

log = logging.getLogger(__name__)


def running_time() -> float:
    """Return the seconds since the machine was started, also those that it slept."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


async def start_clock(context: Context) -> None:
    """Heed a clock that was set back since something was last done."""
    now = context.now()
    latest = await context.store.read(get_latest)
    if latest is None:
        return
    _doubt(context, now - latest)
    if latest - now >= JUMP:
        await _follow(context, now - latest, now)


async def heed_clock(context: Context) -> bool:
    """Let what is due follow a clock that was set since the last look; return whether it was.

    Raises StoreUnavailableError when that cannot be written; until it can, steps go by the clock
    as it was.
    """
    clock, before = context.clock, context.clock.reading
    jump = clock.look()
    if jump is None:
        return False
    _doubt(context, jump)
    try:
        # Nothing may be awaited before: what is written up to here has the dates of before.
        await _follow(context, jump, clock.reading.wall)
    except StoreUnavailableError:
        clock.reading = before
        raise
    return True


def _doubt(context: Context, leap: timedelta) -> None:
    """Keep what is old for a while, where it is old by a clock that leapt."""
    if leap >= LEAP:
        context.sweep.not_before = context.monotonic() + DOUBT_S


async def _follow(context: Context, jump: timedelta, now: datetime) -> None:
    await context.store.write(move_clock, by=jump, now=now)
    if context.channel.closed_until is not None:
        context.channel.closed_until += jump
        context.channel.closed_since = now
    states = context.hosts.states
    for host, state in states.items():
        states[host] = replace(
            state, closed_until=state.closed_until + jump, refused=state.refused + jump
        )
    context.agenda.forget()
    by = timedelta(seconds=round(abs(jump.total_seconds())))
    log.warning(
        "clock was set", extra={"by": f"{'-' if jump < timedelta() else '+'}{by}", "to": now}
    )
