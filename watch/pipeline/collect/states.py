"""How a source stands after it was read, or could not be."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from watch.core.model import SourceState
from watch.core.timing import next_poll
from watch.errors import SourceError
from watch.pipeline.job import Context
from watch.store.sources import put_source

log = logging.getLogger(__name__)

_NOTE_EVERY = timedelta(minutes=1)


def state_of(state: SourceState | None, name: str, location: str, now: datetime) -> SourceState:
    """Return how a source stands; one that moved elsewhere begins anew."""
    if state is None or state.location != location:
        return SourceState(name=name, location=location, due=now)
    return state


def succeeded(state: SourceState, now: datetime) -> SourceState:
    """Return how a source stands that could be read just now."""
    if state.failing_since is not None:
        log.info(
            "source is back", extra={"source": state.name, "failing since": state.failing_since}
        )
    return replace(state, succeeded=now, failing_since=None, failures=0, error=None)


def is_worth_keeping(before: SourceState, after: SourceState) -> bool:
    """Whether a look that brought nothing is to be noted; not each of them is."""
    return (
        not before.has_baseline
        or before.failing_since is not None
        or before.succeeded is None
        or after.succeeded is None
        or after.succeeded - before.succeeded > _NOTE_EVERY
    )


async def note_failure(
    context: Context, state: SourceState, every: timedelta, error: SourceError
) -> None:
    """Keep a failure with when to try again; it is logged when it is new."""
    now = context.now()
    failures = state.failures + 1
    if state.error != str(error):
        log.error("source not read", extra={"source": state.name, "why": str(error)})
    failed = replace(
        state,
        due=next_poll(now, every, failures=failures, chance=context.chance()),
        failing_since=state.failing_since or now,
        failures=failures,
        error=str(error),
    )
    await context.store.write(put_source, failed)
