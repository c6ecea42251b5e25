"""JSON Feed 1.0 and 1.1 (jsonfeed.org) to entries; what has a wrong type is not there."""

import json
from collections.abc import Mapping

from watch.core.words.languages import primary_language
from watch.errors import NotReadableError
from watch.ingest.extract.markup import fragment_to_text
from watch.ingest.extract.text import one_line, tidy
from watch.ingest.feed.dates import read_date
from watch.ingest.feed.entries import (
    MOST_ENTRIES,
    Entry,
    ParsedFeed,
    distinct,
    headline,
    new_entry,
    newest,
    whole_text,
)

Item = Mapping[str, object]
"""A JSON object: anything may be missing, and anything may be anything."""


def looks_like_json(text: str) -> bool:
    """Whether a text begins as a JSON document of more than one value does."""
    return text.startswith(("{", "["))


def parse_json(text: str, *, url: str) -> ParsedFeed:
    """Return what stands in the text of a JSON Feed.

    Raises NotReadableError for JSON that is broken, as a truncated answer is, and for any other.
    """
    try:
        # Line ends in strings are wrong, and harmless.
        feed = json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        raise NotReadableError(
            f"not a feed: it looks like JSON, but breaks off or is wrong at line {error.lineno}, "
            f"column {error.colno}"
        ) from error
    except (RecursionError, ValueError) as error:
        raise NotReadableError(
            "not a feed: it looks like JSON, but nests too deep or has a number too long to read"
        ) from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise NotReadableError("not a feed: it looks like JSON, but has no list of items")
    language = _language(feed)
    left_out = max(0, len(items) - 2 * MOST_ENTRIES)
    ends = items[:MOST_ENTRIES] + items[-MOST_ENTRIES:] if left_out else items
    found = [_entry(item, url, language) for item in ends if isinstance(item, dict)]
    entries = [entry for entry in found if entry is not None]
    kept = newest(entries)
    return ParsedFeed(
        title=headline(_string(feed, "title")),
        entries=distinct(kept),
        left_out=left_out + len(entries) - len(kept),
    )


def _entry(item: Item, url: str, language: str | None) -> Entry | None:
    return new_entry(
        identity=_identity(item.get("id")),
        link=_string(item, "url") or _string(item, "external_url"),
        base=url,
        title=headline(_string(item, "title")),
        text=_text(item),
        published=read_date(_string(item, "date_published"))
        or read_date(_string(item, "date_modified")),
        language=_language(item) or language,
    )


def _text(item: Item) -> str:
    """Return the text of an item; at the least, what the files that come with it are called."""
    parts = (
        tidy(_string(item, "summary")),
        fragment_to_text(_string(item, "content_html")),
        tidy(_string(item, "content_text")),
    )
    files = item.get("attachments")
    titles = (
        one_line(_string(file, "title"))
        for file in (files if isinstance(files, list) else ())
        if isinstance(file, dict)
    )
    return whole_text(parts) or "\n".join(filter(None, titles))


def _identity(value: object) -> str:
    """Return an id as text; the specification has numbers taken for what they look like."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value if isinstance(value, str) else ""


def _language(item: Item) -> str | None:
    return primary_language(_string(item, "language"))


def _string(item: Item, name: str) -> str:
    value = item.get(name)
    return value.strip() if isinstance(value, str) else ""
