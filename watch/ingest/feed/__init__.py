"""Feeds: fetched, read into entries, each entry a document.

fetch_feed ─► bytes ─► parse_feed ─► entries ─► document_of ─► documents

parse.py       bytes ─► text ─► JSON or XML
jsonfeed.py    JSON Feed
xmlfeed.py     RSS, Atom, RDF, CDF, by feedparser
quicker.py     feedparser without what it does to no end
trim.py        sound XML without what nobody reads
salvage.py     what it is given of all other
entries.py     what all kinds have in common: keys, titles, texts, links
names.py dates.py wishes.py
"""

import importlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, unique

from watch.core.model import Document, Validators
from watch.core.words.languages import primary_language
from watch.ingest.extract.text import one_line
from watch.ingest.feed.entries import Entry, ParsedFeed
from watch.ingest.language import languages_of
from watch.ingest.sandbox import Sandbox
from watch.ingest.web import Fetched, NotModified, Web
from watch.ingest.web.addresses import Network

__all__ = [
    "Entry",
    "Feed",
    "FullText",
    "ParsedFeed",
    "document_of",
    "fetch_feed",
    "load_feed",
    "parse_feed",
    "read_feed",
]

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
TITLE_LENGTH = 80
"""How much of its text names an entry that has no title, in characters."""


@unique
class FullText(Enum):
    """Whether the page that an entry links to is fetched for its text."""

    NEVER = "never"
    WHEN_SHORT = "when short"
    """When the feed gives little more than a teaser."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A configured feed."""

    name: str
    url: str
    every: timedelta | None = None
    """None: as often as it brings something, within bounds."""
    language: str | None = None
    """Of its entries, when the feed does not say or says wrong."""
    backfill: bool = False
    """Whether what its first poll brings is news."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Names and values that its server asks for; often secret."""
    allow_private: tuple[Network, ...] = ()
    """Networks in which it may lie although they are not public."""
    full_text: FullText = FullText.NEVER


async def load_feed(
    web: Web, sandbox: Sandbox, feed: Feed, validators: Validators
) -> tuple[ParsedFeed, Validators] | NotModified:
    """Return what stands in a feed and the validators to ask with next, or that nothing is new.

    Raises SourceError. The validators count only once what they came with is stored.
    """
    answer = await fetch_feed(web, feed, validators)
    if isinstance(answer, NotModified):
        return answer
    return await read_feed(sandbox, answer), answer.validators


async def fetch_feed(web: Web, feed: Feed, validators: Validators) -> Fetched | NotModified:
    """Return what a feed's server answers. Raises SourceError."""
    headers = {"Accept": ACCEPT, **dict(feed.headers)}
    return await web.fetch(
        feed.url, validators=validators, headers=headers, allowed=feed.allow_private
    )


async def read_feed(sandbox: Sandbox, answer: Fetched) -> ParsedFeed:
    """Return what stands in what a server answered. Raises SourceError."""
    return await sandbox.run(
        parse_feed, answer.body, url=answer.url, content_type=answer.content_type
    )


def parse_feed(body: bytes, *, url: str, content_type: str | None) -> ParsedFeed:
    """Return what stands in the bytes of a feed; what is broken is salvaged.

    `url` is where relative links start from. Raises NotReadableError for what is no feed; a feed
    without entries is one. For the sandbox alone: feeds are hostile.
    """
    # Loaded with the first feed, so in children alone: feedparser and its like take 70 ms.
    parse = importlib.import_module(f"{__name__}.parse")
    parsed: ParsedFeed = parse.parse_feed(body, url=url, content_type=content_type)
    return parsed


def document_of(feed: Feed, entry: Entry, *, seen: datetime) -> Document:
    """Return the document that an entry is. Without a title it goes by its first words."""
    title = entry.title or _first_words(entry.text) or entry.url or entry.key
    declared = primary_language(feed.language) or entry.language
    return Document(
        source=feed.name,
        key=entry.key,
        title=title,
        text=entry.text,
        url=entry.url,
        # No news is from the future: some clocks are wrong, and some dates are of events.
        published=min(entry.published, seen) if entry.published is not None else None,
        seen=seen,
        languages=languages_of(entry.title, entry.text, declared=declared),
    )


def _first_words(text: str) -> str:
    """Return how a text begins, cut between words where there are any."""
    line = one_line(text)
    if len(line) <= TITLE_LENGTH:
        return line
    cut = line.rfind(" ", TITLE_LENGTH // 2, TITLE_LENGTH)
    return line[: cut if cut > 0 else TITLE_LENGTH] + "…"
