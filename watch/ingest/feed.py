"""Feeds: RSS, Atom and RDF to entries, entries to documents."""

import calendar
import hashlib
import io
import re
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, unique
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from watch.core.model import Document, Validators, Wishes
from watch.core.words.languages import primary_language
from watch.errors import NotReadableError
from watch.ingest.addresses import Network
from watch.ingest.extract.charset import declared_charset, decode
from watch.ingest.extract.markup import html_to_text
from watch.ingest.extract.text import one_line, tidy
from watch.ingest.language import languages_of
from watch.ingest.sandbox import Sandbox
from watch.ingest.web import Fetched, NotModified, Web

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)
TITLE_LENGTH = 80
"""How much of its text names an entry that has no title, in characters."""

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE | re.ASCII)
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head)\b", re.IGNORECASE)
_ENTRY_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]+)|([0-9]+));?", re.IGNORECASE | re.ASCII)
_TAG = re.compile(
    r"</?(?:a|b|big|br|code|del|div|em|font|i|img|p|s|small|span|strong|sub|sup|u)\b[^<>]*>",
    re.IGNORECASE,
)
_HTML_TYPES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml")

Raw = Mapping[str, Any]
"""A part of a feed as feedparser gives it: anything may be missing."""


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
    headers: tuple[tuple[str, str], ...] = ()
    """Names and values that its server asks for; often secret."""
    allow_private: tuple[Network, ...] = ()
    """Networks in which it may lie although they are not public."""
    full_text: FullText = FullText.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed, as text."""

    key: str
    """Its steady identity in its feed: id, else link, else a hash of title and text."""
    title: str
    """One line; empty when it has none."""
    text: str
    url: str | None
    published: datetime | None
    """Aware, in UTC; when it was updated if it does not say when it was published."""
    language: str | None
    """As the entry, else the feed, declares it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What stands in a feed, in its order."""

    title: str
    entries: tuple[Entry, ...]
    wishes: Wishes = field(default_factory=Wishes)
    """When it wants to be asked again: <ttl>, <skipHours>, <skipDays>, sy:updatePeriod."""


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
        published=entry.published,
        seen=seen,
        languages=languages_of(entry.title, entry.text, declared=declared),
    )


def parse_feed(body: bytes, *, url: str, content_type: str | None) -> ParsedFeed:
    """Return what stands in the bytes of a feed; broken XML is salvaged. Runs in the sandbox.

    `url` is where relative links start from. Raises NotReadableError for what is no feed; a feed
    without entries is one.
    """
    charset = _CHARSET.search(content_type or "")
    declaration = body[: body.find(b">") + 1]
    text = decode(body, declared=(charset and charset[1], declared_charset(declaration)))
    text = _REFERENCE.sub(_checked_reference, _NOT_XML.sub("", text)).lstrip()
    # feedparser opens what looks like a path, and trusts any codec that a feed names: it gets a
    # stream, in UTF-8.
    parsed = feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": "application/xml; charset=utf-8"},
    )
    version = str(parsed.get("version") or "")
    found = list(parsed["entries"])
    if parsed["bozo"] and len(_ENTRY_END.findall(text)) < len(found):
        # It breaks off inside its last entry, which will be whole another time.
        found.pop()
    if not found and (parsed["bozo"] or not version):
        raise NotReadableError(f"not a feed: {_looks(text)}")
    is_typed = version.startswith("atom")
    about = parsed["feed"]
    language = primary_language(_string(about, "language"))
    entries = (_entry(one, url, language, is_typed=is_typed) for one in found)
    return ParsedFeed(
        title=_title(about, is_typed=is_typed),
        entries=_distinct(entry for entry in entries if entry is not None),
    )


def _looks(text: str) -> str:
    """Return in words what a text that is no feed looks like."""
    if not text:
        return "the answer is empty"
    if _PAGE.search(text[:1024]):
        return "it looks like an HTML page; look it up in a browser, the address may have changed"
    if text.startswith(("{", "[")):
        return "it looks like JSON"
    return "there is neither RSS nor Atom in it, or not one whole entry"


def _checked_reference(match: re.Match[str]) -> str:
    """Return a character reference, or U+FFFD for one that no character has.

    feedparser raises for those, and with it the whole feed would be lost.
    """
    digits, base = (match[1], 16) if match[1] else (match[2], 10)
    digits = digits.lstrip("0")
    code = int(digits, base) if 0 < len(digits) <= len(str(sys.maxunicode)) else -1
    is_character = 0 < code <= sys.maxunicode and not "\ud800" <= chr(code) <= "\udfff"
    return match[0] if is_character else "\ufffd"


def _entry(raw: Raw, url: str, language: str | None, *, is_typed: bool) -> Entry | None:
    """Return an entry as feedparser gives it; None when there is nothing in it."""
    title = _title(raw, is_typed=is_typed)
    text, text_language = _text(raw, is_typed=is_typed)
    identity = one_line(_string(raw, "id"))
    link = _link(raw, url)
    if not (identity or link or title or text):
        return None
    declared = primary_language(_string(raw, "language")) or primary_language(text_language)
    return Entry(
        key=identity or link or _digest(title, text),
        title=title,
        text=text,
        url=link,
        published=_published(raw),
        language=declared or language,
    )


def _distinct(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries with each its own key; one that stands there twice goes once.

    Of two that differ under one key, the later gets its link, else its hash, added to the key.
    """
    taken: dict[str, Entry] = {}
    for entry in entries:
        digest = _digest(entry.title, entry.text)
        for key in (entry.key, f"{entry.key} {entry.url or digest}", f"{entry.key} {digest}"):
            holder = taken.setdefault(key, replace(entry, key=key))
            if (holder.title, holder.text) == (entry.title, entry.text):
                break
    return tuple(taken.values())


def _title(raw: Raw, *, is_typed: bool) -> str:
    return one_line(
        _plain(raw.get("title_detail") or {"value": raw.get("title")}, is_typed=is_typed)
    )


def _text(raw: Raw, *, is_typed: bool) -> tuple[str, str | None]:
    """Return the longest content that can be read, else the summary, with its language."""
    contents = sorted(raw.get("content") or (), key=lambda part: -len(_string(part, "value")))
    for part in (*contents, raw.get("summary_detail") or {"value": raw.get("summary")}):
        if text := _plain(part, is_typed=is_typed):
            return text, _string(part, "language")
    return "", None


def _plain(part: Raw, *, is_typed: bool) -> str:
    """Return a part of an entry as plain text; empty when it is no text.

    What RSS calls plain text often is HTML all the same; Atom says what it means.
    """
    kind, value = _string(part, "type") or "text/plain", _string(part, "value")
    if kind in _HTML_TYPES or (not is_typed and _TAG.search(value)):
        return html_to_text(value).text
    return tidy(value) if kind.startswith("text/") else ""


def _link(raw: Raw, url: str) -> str | None:
    """Return an entry's link as an absolute address; None when a browser could not follow it."""
    link = one_line(_string(raw, "link")).replace(" ", "%20")
    if not link:
        return None
    # An RSS id is a link unless it says otherwise, and often is a number instead.
    start = "" if link == _string(raw, "id") else url
    try:
        address = urlsplit(urljoin(start, link))
    except ValueError:
        return None
    return address.geturl() if address.scheme in ("http", "https") and address.netloc else None


def _published(raw: Raw) -> datetime | None:
    """Return when an entry was published, else updated; None for what no calendar has."""
    # Asked for what is not there, feedparser warns and gives the other.
    moments = [raw[name] for name in ("published_parsed", "updated_parsed") if name in raw]
    for moment in moments:
        if isinstance(moment, time.struct_time):
            with suppress(ValueError, OverflowError, OSError):
                return datetime.fromtimestamp(calendar.timegm(moment), UTC)
    return None


def _digest(title: str, text: str) -> str:
    return hashlib.sha256(f"{title}\0{text}".encode("utf-8", "replace")).hexdigest()


def _string(raw: Raw, name: str) -> str:
    value = raw.get(name)
    return value.strip() if isinstance(value, str) else ""


def _first_words(text: str) -> str:
    """Return how a text begins, cut between words where there are any."""
    line = one_line(text)
    if len(line) <= TITLE_LENGTH:
        return line
    cut = line.rfind(" ", TITLE_LENGTH // 2, TITLE_LENGTH)
    return line[: cut if cut > 0 else TITLE_LENGTH] + "…"
