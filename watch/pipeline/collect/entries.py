"""Entries of a feed become documents: those that are new, with their pages where that is asked."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from watch.core.model import Document, SourceState
from watch.ingest.feed import Feed, FullText, ParsedFeed, document_of
from watch.pipeline.collect.pages import with_pages
from watch.pipeline.job import Context
from watch.pipeline.match import Accepted, Batch, accept, match_documents
from watch.store.documents import Known, get_known

log = logging.getLogger(__name__)

LEAST_NEW = 5
"""So many new keys at once may show that a feed gives its entries new ids at each reading."""
MOST_FAMILIAR = 0.8
"""They do show it when the words of more than so many of them are known already."""
RENAMED = "it gives its entries new ids at each reading: {count} were known by their words"


async def accept_entries(
    context: Context, feed: Feed, parsed: ParsedFeed, state: SourceState
) -> int:
    """Accept what is new in a feed; return how many tellings to subscriptions that brought.

    Its state, with the validators, is kept together with the last of its entries: a page that is
    waited for when the process ends is asked for again.
    """
    documents, digests = await asyncio.to_thread(_documents, feed, parsed, context)
    words = [each.words for each in digests.values()]
    known = await context.store.read(get_known, feed.name, digests.keys(), words)
    new = [one for one in documents if known.digests.get(one.key) != digests[one.key].whole]
    renamed = _renamed({one.key: digests[one.key].words for one in new}, known)
    if renamed:
        new = [document for document in new if document.key not in renamed]
        state = replace(state, note=RENAMED.format(count=len(renamed)))
    is_news = state.has_baseline or feed.backfill
    taken = Accepted(documents=0, findings=0, waiting=0)
    if is_news and feed.full_text is not FullText.NEVER:
        # One by one: what a page tells need not wait for the others.
        async for document in with_pages(context, feed, new):
            taken += await _accept(context, [document], None, is_news=is_news)
        new = []
    taken += await _accept(context, new, replace(state, has_baseline=True), is_news=is_news)
    counts = {
        "source": feed.name,
        "entries": len(documents),
        "new": taken.documents,
        "findings": taken.findings,
        "note": state.note,
    }
    log.info("feed read" if is_news else "feed baseline: findings not mailed", extra=counts)
    return taken.waiting


async def _accept(
    context: Context, documents: Sequence[Document], state: SourceState | None, *, is_news: bool
) -> Accepted:
    matcher = context.rules.matcher
    batch = Batch(
        checked=await match_documents(matcher, documents),
        ruleset=matcher.ruleset.fingerprint,
        source=state,
        is_news=is_news,
    )
    return await context.store.write(accept, batch, context.subscriptions)


class _Digests(NamedTuple):
    """What a document's content is known by, and its words."""

    whole: str
    words: str


def _documents(
    feed: Feed, parsed: ParsedFeed, context: Context
) -> tuple[list[Document], dict[str, _Digests]]:
    """Return the documents of a feed, and their digests by their keys; takes a while."""
    now = context.now()
    documents = [document_of(feed, entry, seen=now) for entry in parsed.entries]
    return documents, {one.key: _Digests(one.digest, one.words_digest) for one in documents}


def _renamed(new: Mapping[str, str], known: Known) -> frozenset[str]:
    """Return the keys of entries that only have a new id, where a feed does that to most of them.

    `new` has the digests of their words. One entry with the words of another may be news: "Daily
    briefing", with nothing but a link.
    """
    unknown = {key: words for key, words in new.items() if key not in known.digests}
    familiar = frozenset(key for key, words in unknown.items() if words in known.words)
    if len(unknown) < LEAST_NEW or len(familiar) <= MOST_FAMILIAR * len(unknown):
        return frozenset()
    return familiar
