"""Feeds are polled when they are due."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from watch.core.model import Document, SourceState, Validators, Wishes
from watch.core.timing import SHORTEST_PACE, move_of, next_reading, pace_of, slowed
from watch.errors import SourceError
from watch.ingest.feed import Feed, ParsedFeed, document_of, fetch_feed, read_feed
from watch.ingest.web import Fetched, NotModified
from watch.pipeline.collect.states import note_failure, state_of, succeeded
from watch.pipeline.hosts import HostClosedError, host_of
from watch.pipeline.job import Context, Job
from watch.pipeline.match import Accepted, Batch, accept, match_documents
from watch.store.documents import Known, get_known
from watch.store.sources import get_rest, get_source, put_source

log = logging.getLogger(__name__)

LEAST_NEW = 5
"""So many new keys at once may show that a feed gives its entries new ids at each reading."""
MOST_FAMILIAR = 0.8
"""They do show it when the words of more than so many of them are known already."""
EMPTY = "it has no entries"
RENAMED = "it gives its entries new ids at each reading: {count} were known by their words"
_NO_WISHES = Wishes()


async def poll_due(context: Context) -> Sequence[Job]:
    """Return a job for each feed that is due and not being read."""
    resting = await context.store.read(get_rest, context.now())
    return [
        Job("poll_feed", feed.name)
        for feed in context.feeds.values()
        if resting.get(feed.name) != feed.url and feed.name not in context.polling
    ]


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
    state = state_of(await context.store.read(get_source, feed.name), feed.name, feed.url, now)
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
    state = _moved(succeeded(state, context.now()), answer, context.now())
    if parsed is None:
        await context.store.write(put_source, _scheduled(context, feed, state, answer))
        log.info("feed not modified", extra={"source": feed.name})
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
    accepted = await _accept_entries(context, feed, parsed, state)
    return [Job("make_alerts")] if accepted.waiting else ()


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


def _moved(state: SourceState, answer: Fetched | NotModified, now: datetime) -> SourceState:
    """Return the state with what the answer says of a move; it counts once it is proved."""
    move, is_proved = move_of(state.move, answer.moved_to, now)
    if move is None or not is_proved:
        return replace(state, move=move)
    log.warning("feed moved for good", extra={"source": state.name, "to": move.to})
    return replace(state, url=move.to, move=None)


async def _accept_entries(
    context: Context, feed: Feed, parsed: ParsedFeed, state: SourceState
) -> Accepted:
    now = context.now()
    documents = await asyncio.to_thread(_documents, feed, parsed, now)
    known = await context.store.read(
        get_known,
        feed.name,
        [document.key for document in documents],
        [document.words_digest for document in documents],
    )
    new = [document for document in documents if known.digests.get(document.key) != document.digest]
    renamed = _renamed(new, known)
    if renamed:
        new = [document for document in new if document.key not in renamed]
        state = replace(state, note=RENAMED.format(count=len(renamed)))
    matcher = context.rules.matcher
    is_news = state.has_baseline or feed.backfill
    batch = Batch(
        checked=await match_documents(matcher, new),
        ruleset=matcher.ruleset.fingerprint,
        source=replace(state, has_baseline=True),
        is_news=is_news,
    )
    accepted = await context.store.write(accept, batch, context.subscriptions)
    counts = {
        "source": feed.name,
        "entries": len(documents),
        "new": accepted.documents,
        "findings": accepted.findings,
        "note": state.note,
    }
    if is_news:
        log.info("feed read", extra=counts)
    else:
        log.info("feed baseline: findings not mailed", extra=counts)
    return accepted


def _documents(feed: Feed, parsed: ParsedFeed, now: datetime) -> list[Document]:
    return [document_of(feed, entry, seen=now) for entry in parsed.entries]


def _renamed(new: Sequence[Document], known: Known) -> frozenset[str]:
    """Return the keys of entries that only have a new id, where a feed does that to most of them.

    One entry with the words of another may be news: "Daily briefing", with nothing but a link.
    """
    unknown = [document for document in new if document.key not in known.digests]
    familiar = [document for document in unknown if document.words_digest in known.words]
    if len(unknown) < LEAST_NEW or len(familiar) <= MOST_FAMILIAR * len(unknown):
        return frozenset()
    return frozenset(document.key for document in familiar)
