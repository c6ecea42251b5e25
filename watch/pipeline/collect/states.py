"""How a source stands after it was read, or could not be."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus

from watch.core.model import HostState, SourceState
from watch.core.timing import GONE_TIMES, PAUSED_POLL, counts_as_gone, next_poll
from watch.errors import AnswerError, SourceError
from watch.pipeline.job import Context
from watch.store.db import Transaction
from watch.store.sources import put_host, put_source

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
    return replace(
        state,
        succeeded=now,
        failing_since=None,
        failures=0,
        error=None,
        gone_times=0,
        gone_at=None,
        paused_since=None,
    )


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
    if state.error != str(error):
        log.error("source not read", extra={"source": state.name, "why": str(error)})
    host = context.hosts.heed(error)
    failures = state.failures + 1
    failed = replace(
        state,
        due=next_poll(now, every, failures=failures, chance=context.chance()),
        failing_since=state.failing_since or now,
        failures=failures,
        error=str(error),
    )
    if isinstance(error, AnswerError):
        failed = _gone(failed, error, now)
    if host is not None:
        failed = replace(failed, due=max(failed.due, host.closed_until))
    await context.store.write(_keep, failed, host)


def _keep(transaction: Transaction, state: SourceState, host: HostState | None) -> None:
    put_source(transaction, state)
    if host is not None:
        put_host(transaction, host)


def _gone(state: SourceState, error: AnswerError, now: datetime) -> SourceState:
    """Return how a source stands whose server says that it is gone, or says otherwise again."""
    if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE) and state.url is not None:
        # Where it is said to have moved it is not: it is asked at its own address again.
        state = replace(state, url=None, move=None)
    if error.status != HTTPStatus.GONE:
        return replace(state, gone_times=0, gone_at=None, paused_since=None)
    if counts_as_gone(state.gone_at, now):
        state = replace(state, gone_times=state.gone_times + 1, gone_at=now)
    if state.gone_times < GONE_TIMES:
        return state
    if state.paused_since is None:
        log.error("source paused: it is gone for good", extra={"source": state.name})
    return replace(state, due=now + PAUSED_POLL, paused_since=state.paused_since or now)
