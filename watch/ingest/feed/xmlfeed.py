"""XML feeds - RSS, Atom, RDF, CDF - to entries. feedparser stays in here and in dates.py."""

import io
from typing import Any

import feedparser

from watch.core.words.languages import primary_language
from watch.ingest.extract.markup import fragment_to_text, html_to_text
from watch.ingest.extract.text import one_line, tidy
from watch.ingest.feed import quicker
from watch.ingest.feed.dates import moment_of
from watch.ingest.feed.entries import (
    Entry,
    ParsedFeed,
    distinct,
    headline,
    new_entry,
    newest,
    whole_text,
)
from watch.ingest.feed.salvage import salvage
from watch.ingest.feed.trim import trimmed
from watch.ingest.feed.wishes import wishes_of

quicker.apply()

_MARKUP_TYPES = frozenset({"application/xhtml+xml", "application/xml", "text/xml"})
_DATES = ("published_parsed", "updated_parsed", "created_parsed")

Raw = dict[str, Any]
"""A part of a feed as feedparser gives it: anything may be missing."""


def parse_xml(text: str, *, url: str) -> ParsedFeed | None:
    """Return what stands in the text of a feed; None when it is none, or has nothing whole in it.

    Sound XML goes to feedparser as it is; of any other, and of what feedparser makes nothing of,
    what can be salvaged.
    """
    xml = trimmed(text.encode("utf-8", "replace"))
    read = _read(xml) if xml is not None else None
    if read is not None and (read["entries"] or read["version"]):
        return _feed(read, text, url, left_out=0)
    salvaged = salvage(text)
    if salvaged is None:
        return None
    feed = _feed(_parsed(salvaged.xml), text, url, salvaged.left_out)
    return feed if feed.entries or salvaged.is_empty else None


def _read(xml: bytes) -> Raw | None:
    """Return what feedparser makes of sound XML; None when it fails, as it does on odd nesting."""
    try:
        return _parsed(xml)
    except (AttributeError, LookupError, TypeError, ValueError):
        return None


def _parsed(xml: bytes) -> Raw:
    # feedparser opens what looks like a path, and trusts any codec that a feed names: it gets a
    # stream, in UTF-8.
    parsed: Raw = feedparser.parse(
        io.BytesIO(xml),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": "application/xml; charset=utf-8"},
    )
    return parsed


def _feed(read: Raw, text: str, url: str, left_out: int) -> ParsedFeed:
    about = read["feed"]
    is_typed = str(read["version"]).startswith("atom")
    language = primary_language(_string(about, "language"))
    found = [_entry(raw, url, language, is_typed=is_typed) for raw in read["entries"]]
    entries = [entry for entry in found if entry is not None]
    kept = newest(entries)
    return ParsedFeed(
        title=_title(about, is_typed=is_typed),
        entries=distinct(kept),
        wishes=wishes_of(about, text),
        left_out=left_out + len(entries) - len(kept),
    )


def _entry(raw: Raw, url: str, language: str | None, *, is_typed: bool) -> Entry | None:
    """Return an entry as feedparser gives it; None when there is nothing in it."""
    # A plain dict is asked faster, and does not give one thing for another.
    raw = dict(raw)
    contents = raw.get("content") or ()
    parts = (*contents, *(raw.get(f"{name}_detail") or {} for name in ("summary", "title")))
    link, identity = _string(raw, "link"), _string(raw, "id")
    if link in ("", identity):
        # feedparser takes an id for a link; where the text of an entry lies is a better one.
        link = next(filter(None, (_string(part, "src") for part in contents)), link)
    declared = (_string(raw, "language"), *(_string(part, "language") for part in parts))
    return new_entry(
        identity=identity,
        link=link,
        # An RSS id is a link unless it says otherwise, and often is a number instead.
        base="" if link == identity and "/" not in link else url,
        title=_title(raw, is_typed=is_typed),
        text=_text(raw, is_typed=is_typed),
        published=next(filter(None, (moment_of(raw.get(name)) for name in _DATES)), None),
        language=next(filter(None, map(primary_language, declared)), language),
    )


def _title(raw: Raw, *, is_typed: bool) -> str:
    """Return a title as one line of plain text. Atom says how it is written; RSS does not."""
    part = raw.get("title_detail") or {"value": raw.get("title")}
    value = _string(part, "value")
    if is_typed and _string(part, "type") == "text/plain":
        return one_line(value)
    return headline(value)


def _text(raw: Raw, *, is_typed: bool) -> str:
    """Return the text of an entry; of one without, what the files that come with it are called."""
    contents = raw.get("content") or ()
    summary = raw.get("summary_detail") or {"value": raw.get("summary")}
    if any(_string(part, "value") == _string(summary, "value") for part in contents):
        # feedparser gives a content for the summary that there is not.
        summary = {}
    parts = (raw.get("subtitle_detail") or {}, summary, *contents)
    text = whole_text(_plain(part, is_typed=is_typed) for part in parts)
    if text:
        return text
    links = (link for link in raw.get("links") or () if _string(link, "rel") == "enclosure")
    return "\n".join(one_line(_string(link, "title")) for link in links if "title" in link)


def _plain(part: Raw, *, is_typed: bool) -> str:
    """Return a part of an entry as plain text; empty when it is no text.

    What RSS calls plain text often is HTML all the same; Atom says what it means.
    """
    kind, value = _string(part, "type") or "text/plain", _string(part, "value")
    if kind in _MARKUP_TYPES:
        return html_to_text(value).text
    if not kind.startswith("text/"):
        return ""
    return tidy(value) if is_typed and kind != "text/html" else fragment_to_text(value)


def _string(raw: Raw, name: str) -> str:
    value = dict.get(raw, name)  # as a plain dict, like an entry
    return value.strip() if isinstance(value, str) else ""
