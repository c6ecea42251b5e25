"""Feeds are polled when they are due."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from watch.core.cleaning import masked
from watch.core.model import SourceState, Validators, Wishes
from watch.core.timing import SHORTEST_PACE, move_of, next_reading, pace_of, slowed
from watch.errors import SourceError
from watch.ingest.feed import Feed, fetch_feed, read_feed
from watch.ingest.web import Fetched, NotModified
from watch.ingest.web.urls import parse_url
from watch.pipeline.collect.entries import accept_entries
from watch.pipeline.collect.states import note_failure, state_of, succeeded
from watch.pipeline.hosts import HostClosedError, host_of
from watch.pipeline.job import Context, Job
from watch.store.sources import get_due, get_source, put_source

log = logging.getLogger(__name__)

EMPTY = "it has no entries"
_NO_WISHES = Wishes()


async def poll_due(context: Context) -> Sequence[Job]:
    """Return a job for each feed that is due and not being read; how each stands goes with it."""
    now = context.now()
    places = {
        feed.name: feed.url for feed in context.feeds.values() if feed.name not in context.polling
    }
    found = await context.store.read(get_due, places, now)
    context.due.update(
        (name, state_of(state, name, places[name], now)) for name, state in found.items()
    )
    return [Job("poll_feed", name) for name in found]


async def poll_feed(context: Context, *, source: str) -> Sequence[Job]:
    """Read a feed if it is due; accept its new entries together with its validators."""
    feed = context.feeds.get(source)
    if feed is None or source in context.polling:
        return ()
    context.polling.add(source)
    try:
        return await _poll(context, feed)
    finally:
        context.polling.discard(source)


async def _poll(context: Context, feed: Feed) -> Sequence[Job]:
    now = context.now()
    state = context.due.pop(feed.name, None)
    if state is None:
        kept = await context.store.read(get_source, feed.name)
        state = state_of(kept, feed.name, feed.url, now)
    if state.due > now:
        return ()
    url = state.url or feed.url
    host = host_of(url)
    try:
        async with context.hosts.turn(host, is_own=bool(feed.allow_private)):
            answer = await fetch_feed(context.web, replace(feed, url=url), state.validators)
        parsed = None
        if isinstance(answer, Fetched):
            parsed = await read_feed(context.sandbox, answer)
    except HostClosedError as error:
        await context.store.write(put_source, replace(state, due=error.until))
        return ()
    except SourceError as error:
        await note_failure(context, state, _every(context, feed, state), error)
        return ()
    state = _moved(succeeded(state, context.now()), feed, answer, context.now())
    if parsed is None:
        await context.store.write(put_source, _scheduled(context, feed, state, answer))
        return ()
    pace = pace_of(
        (entry.published for entry in parsed.entries),
        context.now(),
        is_whole=answer.validators == Validators(),
    )
    state = replace(
        _scheduled(context, feed, replace(state, pace=pace), answer, parsed.wishes),
        validators=answer.validators,
        note=None if parsed.entries else EMPTY,
    )
    waiting = await accept_entries(context, feed, parsed, state)
    return [Job("make_alerts")] if waiting else ()


def _every(context: Context, feed: Feed, state: SourceState) -> timedelta:
    """Return how often a feed is read: as configured, else as often as it brings something."""
    every = feed.every or state.pace or SHORTEST_PACE
    return slowed(every, context.hosts.states.get(host_of(state.url or feed.url)), context.now())


def _scheduled(
    context: Context,
    feed: Feed,
    state: SourceState,
    answer: Fetched | NotModified,
    wishes: Wishes = _NO_WISHES,
) -> SourceState:
    due = next_reading(
        context.now(),
        _every(context, feed, state),
        wishes=wishes,
        fresh_for=answer.fresh_for,
        chance=context.chance(),
    )
    return replace(state, due=due)


def _moved(
    state: SourceState, feed: Feed, answer: Fetched | NotModified, now: datetime
) -> SourceState:
    """Return the state with what the answer says of a move; it counts once it is proved.

    Headers and passwords are for the origin they were given for: with them, a move to another one
    is followed at each reading, without them, and never kept.
    """
    to, own = answer.moved_to, parse_url(feed.url)
    if to is not None and (feed.headers or own.login) and parse_url(to).origin != own.origin:
        to = None
    move, is_proved = move_of(state.move, to, now)
    if move is None or not is_proved:
        return replace(state, move=move)
    log.warning("feed moved for good", extra={"source": state.name, "to": masked(move.to)})
    return replace(state, url=move.to, move=None)
