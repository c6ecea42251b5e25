"""The pages that entries link to are fetched, once each, for the articles on them.

No entry waits for its page longer than one reading takes: where that cannot be had, it is taken
with the text that the feed gave. If the page could not be had for the moment only, later readings
ask for it again for some hours, and what it tells is an edition of the entry as any other.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

from watch.core.cleaning import masked
from watch.core.model import Document
from watch.core.timing import SHORTEST_PACE
from watch.core.words.languages import primary_language
from watch.errors import AnswerError, NotReadableError, SourceError
from watch.ingest.article import Article, choose, is_short, parse_article
from watch.ingest.feed import Feed, FullText
from watch.ingest.language import languages_of
from watch.ingest.web import Fetched
from watch.ingest.web.robots import (
    Permission,
    Robots,
    origin_of,
    permission,
    read_robots,
    robots_url,
    robots_without,
)
from watch.ingest.web.urls import parse_url
from watch.pipeline.hosts import host_of
from watch.pipeline.job import Context
from watch.store.documents import get_known
from watch.store.sources import put_host

log = logging.getLogger(__name__)

MOST_ROBOTS = 1_000
"""How many servers' robots.txt are remembered; of a lively list of feeds there are some hundred."""
LONGEST_DELAY = timedelta(seconds=30)
"""The longest Crawl-delay that is heeded: an alert must not wait for hours behind others."""
ASK_AGAIN_FOR = timedelta(hours=12)
"""How old an entry may be, by its own date, for a reading to ask once more for its page that could
not be had: a quiet feed is read some times within it. For one without a date, none does."""
ACCEPT = "text/html, application/xhtml+xml, application/pdf;q=0.9, text/plain;q=0.5, */*;q=0.1"
_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
"""Refusals of the moment; those from 500 on are, too."""


async def with_pages(
    context: Context, feed: Feed, documents: Sequence[Document]
) -> AsyncIterator[Document]:
    """Yield the documents, each with the text of its page where the feed asks for that.

    One whose page cannot be had is tried once more at the end; after that it has the text that
    the feed gave, and is degraded. Left out is what was taken so before and still is as it was.
    """
    awaited = await _awaited(context, feed, documents)
    again = []
    for document in documents:
        if not _is_wanted(feed, document):
            yield document
            continue
        if document.key in awaited and not _is_due(context, feed, document):
            continue
        try:
            yield await _with_page(context, feed, document)
        except SourceError as error:
            if _is_final(error):
                yield _without_page(context, document, error)
            else:
                again.append(document)
    for document in again:
        try:
            yield await _with_page(context, feed, document)
        except SourceError as error:
            yield _without_page(context, document, error)


def _is_wanted(feed: Feed, document: Document) -> bool:
    if document.url is None:
        return False
    return feed.full_text is FullText.ALWAYS or is_short(document.text)


def _is_fresh(context: Context, document: Document) -> bool:
    return document.published is not None and context.now() - document.published < ASK_AGAIN_FOR


def _is_due(context: Context, feed: Feed, document: Document) -> bool:
    """Whether this reading asks again: about each quarter of an hour one does."""
    every = feed.every or SHORTEST_PACE
    return _is_fresh(context, document) and context.chance() * SHORTEST_PACE < every


def _is_final(error: SourceError) -> bool:
    """Whether asking again within hours cannot help."""
    if isinstance(error, AnswerError):
        return error.status < HTTPStatus.INTERNAL_SERVER_ERROR and error.status not in _PASSING
    return isinstance(error, NotReadableError)


async def _awaited(context: Context, feed: Feed, documents: Sequence[Document]) -> frozenset[str]:
    """Return the keys of those that were taken before, as they are, without their pages."""
    keys = [document.key for document in documents]
    known = await context.store.read(get_known, feed.name, keys, [])
    return frozenset(
        document.key
        for document in documents
        if known.digests.get(document.key) == _digest_awaiting(document)
    )


def _digest_awaiting(document: Document) -> str:
    """Return what is kept as the digest of an entry whose page is to be asked for again.

    As no entry has such a digest, each reading takes it for one that was edited.
    """
    return f"{document.digest} awaits its page"


def _without_page(context: Context, document: Document, error: SourceError) -> Document:
    log.warning(
        "page not read",
        extra={"source": document.source, "url": masked(document.url or ""), "why": str(error)},
    )
    is_awaited = not _is_final(error) and _is_fresh(context, document)
    digest = _digest_awaiting(document) if is_awaited else None
    return replace(document, is_degraded=True, entry_digest=digest)


async def _with_page(context: Context, feed: Feed, document: Document) -> Document:
    """Return a document with the text of its page. Raises SourceError."""
    page = await _fetch(context, feed, document.url or "")
    article = await context.sandbox.run(
        parse_article, page.body, url=page.url, content_type=page.content_type
    )
    return await asyncio.to_thread(_joined, feed, document, article)


async def _fetch(context: Context, feed: Feed, url: str) -> Fetched:
    """Return a page, if programs may fetch it. Raises SourceError."""
    is_same = parse_url(url).origin == parse_url(feed.url).origin
    # A server of the user's own network serves the user: it need not be spared or asked.
    is_own = is_same and bool(feed.allow_private)
    # What a paid wire asks for is for its own origin, and often a secret.
    headers = {"Accept": ACCEPT, **(dict(feed.headers) if is_same else {})}
    delay = timedelta(0)
    if not is_own:
        given = await _permission(context, feed, url)
        if not given.is_given:
            raise NotReadableError("its robots.txt lets no program fetch it")
        delay = min(given.delay, LONGEST_DELAY)
    return await _ask(context, feed, url, headers, is_own=is_own, delay=delay)


async def _ask(  # noqa: PLR0913 (each is another side of one request)
    context: Context,
    feed: Feed,
    url: str,
    headers: Mapping[str, str],
    *,
    is_own: bool = False,
    delay: timedelta = timedelta(0),
) -> Fetched:
    """Return what stands at an address, in its turn; a host that refuses is left alone."""
    try:
        async with context.hosts.turn(host_of(url), is_own=is_own, delay=delay):
            page = await context.web.fetch(url, headers=headers, allowed=feed.allow_private)
    except AnswerError as error:
        state = context.hosts.heed(error)
        if state is not None:
            await context.store.write(put_host, state)
        raise
    if not isinstance(page, Fetched):
        raise SourceError("answered 304 without having been asked for that")
    return page


async def _permission(context: Context, feed: Feed, url: str) -> Permission:
    """Return whether programs may fetch a page, as the robots.txt of its server says."""
    origin, now = origin_of(url), context.now()
    robots = context.robots.get(origin)
    if robots is None or robots.good_until <= now:
        try:
            answer = await _ask(context, feed, robots_url(url), {"Accept": "text/plain"})
            robots = read_robots(origin, answer.body, now=now)
        except SourceError as error:
            robots = robots_without(origin, error, before=robots, now=now)
        _remember(context, robots)
    if robots.rules == "":
        return Permission(is_given=True)
    try:
        return await context.sandbox.run(permission, robots, url)
    except SourceError as error:
        # Rules that nobody can follow in time are asked about no more.
        robots = robots_without(origin, error, before=None, now=now)
        _remember(context, robots)
        return Permission(is_given=False)


def _remember(context: Context, robots: Robots) -> None:
    if len(context.robots) >= MOST_ROBOTS:
        context.robots.clear()
    context.robots[robots.origin] = robots


def _joined(feed: Feed, document: Document, article: Article) -> Document:
    text, is_degraded = choose(document.text, article)
    declared = primary_language(feed.language) or article.language
    return replace(
        document,
        text=text,
        is_degraded=is_degraded,
        entry_digest=document.digest,
        languages=languages_of(document.title, text, declared=declared),
    )
