"""Feeds are polled when they are due."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from watch.core.model import SourceState
from watch.core.timing import next_poll
from watch.errors import SourceError
from watch.ingest.feed import Feed, ParsedFeed, document_of, load_feed
from watch.ingest.web import NotModified
from watch.pipeline.collect.states import note_failure, state_of, succeeded
from watch.pipeline.job import Context, Job
from watch.pipeline.match import Accepted, Batch, accept, match_documents
from watch.store.documents import get_digests
from watch.store.sources import get_sources, put_source

log = logging.getLogger(__name__)


async def poll_due(context: Context) -> Sequence[Job]:
    """Return a job for each feed that is due."""
    now = context.now()
    states = await context.store.read(get_sources)
    return [
        Job("poll_feed", feed.name)
        for feed in context.feeds.values()
        if _state_of(states, feed, now).due <= now
    ]


async def poll_feed(context: Context, *, source: str) -> Sequence[Job]:
    """Read a feed if it is due; accept its new entries together with its validators."""
    feed = context.feeds[source]
    now = context.now()
    state = _state_of(await context.store.read(get_sources), feed, now)
    if state.due > now:
        return ()
    try:
        loaded = await load_feed(context.web, context.sandbox, feed, state.validators)
    except SourceError as error:
        await note_failure(context, state, feed.every, error)
        return ()
    now = context.now()
    state = replace(
        succeeded(state, now),
        due=next_poll(now, feed.every, failures=0, chance=context.chance()),
    )
    if isinstance(loaded, NotModified):
        await context.store.write(put_source, state)
        log.info("feed not modified", extra={"source": source})
        return ()
    parsed, validators = loaded
    accepted = await _accept_entries(context, feed, parsed, replace(state, validators=validators))
    return [Job("make_alerts")] if accepted.waiting else ()


async def _accept_entries(
    context: Context, feed: Feed, parsed: ParsedFeed, state: SourceState
) -> Accepted:
    now = context.now()
    documents = [document_of(feed, entry, seen=now) for entry in parsed.entries]
    known = await context.store.read(
        get_digests, feed.name, [document.key for document in documents]
    )
    new = [document for document in documents if known.get(document.key) != document.digest]
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
    }
    if is_news:
        log.info("feed read", extra=counts)
    else:
        log.info("feed baseline: findings not mailed", extra=counts)
    return accepted


def _state_of(states: Mapping[str, SourceState], feed: Feed, now: datetime) -> SourceState:
    return state_of(states.get(feed.name), feed.name, feed.url, now)
