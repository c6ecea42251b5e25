"""Feeds of every dialect, sound and broken, beside what a person should see of each.

`<name>.toml` tells it of `<name>.xml` and the like: the feed's `title`; `content_type`, the header
that came with it; [wishes], when it wants to be asked again; and each [[entry]], in its order,
whose key "hash" stands for that of an entry with neither id nor link. `error` instead of all that
is how the reason begins for which it cannot be read.
"""

import hashlib
import io
import re
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest

from watch.core.model import Wishes
from watch.errors import NotReadableError
from watch.ingest.extract.markup import fragment_to_text
from watch.ingest.feed import Entry, ParsedFeed, parse_feed

FEEDS = Path(__file__).parent / "data" / "feeds"
URL = "https://example.org/news/feed"
"""Where every one of them was fetched from."""
PATHS = sorted(path for path in FEEDS.iterdir() if path.suffix != ".toml")
CUTS = 20
ROOT_END = re.compile(rb"</\s*(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)
CONTROLS = dict.fromkeys((*range(0x09), *range(0x0E, 0x20), 0x7F))
ONE_ENTRY_OF_TWO = "broken_unclosed_cdata_well_formed.xml"
"""Its first entry goes on into the second, but what comes before that could be a whole one."""

ITEMS_IN_SCRIPT = "broken_items_in_script_after.xml"
"""feedparser takes them for entries."""


def told(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))


READABLE = [path for path in PATHS if "error" not in told(path)]
CUTTABLE = [path for path in READABLE if path.name != ONE_ENTRY_OF_TWO]
each_feed = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)


def parse(path: Path, body: bytes | None = None) -> ParsedFeed:
    content_type = told(path).get("content_type")
    return parse_feed(
        path.read_bytes() if body is None else body, url=URL, content_type=content_type
    )


def entry_of(table: Mapping[str, Any]) -> Entry:
    title, text = table["title"], table["text"]
    published: datetime | None = table.get("published")
    digest = hashlib.sha256(f"{title}\0{text}".encode()).hexdigest()
    return Entry(
        key=digest if table["key"] == "hash" else table["key"],
        title=title,
        text=text,
        url=table.get("url"),
        published=published,
        language=table.get("language"),
    )


def wishes_of(table: Mapping[str, Any]) -> Wishes:
    return Wishes(
        wait=timedelta(minutes=table.get("wait_minutes", 0)),
        quiet_hours=frozenset(table.get("quiet_hours", ())),
        quiet_days=frozenset(table.get("quiet_days", ())),
    )


def test_there_are_feeds_of_many_kinds() -> None:
    assert len(PATHS) >= 60


@each_feed
def test_a_feed_is_read_as_a_person_would_read_it(path: Path) -> None:
    expected = told(path)
    if "error" in expected:
        with pytest.raises(NotReadableError) as raised:
            parse(path)
        assert str(raised.value).startswith(expected["error"])
        return
    feed = parse(path)
    assert feed.title == expected["title"]
    assert feed.entries == tuple(map(entry_of, expected.get("entry", ())))
    assert feed.wishes == wishes_of(expected.get("wishes", {}))
    assert feed.left_out == 0


@pytest.mark.parametrize("path", CUTTABLE, ids=lambda path: path.name)
def test_a_feed_that_breaks_off_gives_whole_entries_or_none(path: Path) -> None:
    body, whole = path.read_bytes(), parse(path).entries
    for cut in range(1, CUTS + 1):
        start = body[: len(body) * cut // (CUTS + 1)]
        if path.suffix == ".json":
            with pytest.raises(NotReadableError):
                parse(path, start)
            continue
        try:
            kept = parse(path, start).entries
        except NotReadableError:
            continue
        assert [entry for entry in kept if entry not in whole] == [], f"cut after {len(start)}"


@pytest.mark.parametrize(
    "path", [path for path in READABLE if path.name != ITEMS_IN_SCRIPT], ids=lambda path: path.name
)
def test_no_entry_is_missing_that_feedparser_finds(path: Path) -> None:
    known = {
        plain(part)
        for entry in parse(path).entries
        for part in (entry.key, entry.url, entry.title, entry.text)
    }
    found = named_by_feedparser(path)
    assert [names for names in found if names and known.isdisjoint(names)] == []


def named_by_feedparser(path: Path) -> list[set[str]]:
    """Return what each entry that feedparser finds could be known by; often nothing.

    The entry that a feed breaks off in, which feedparser gives as far as it goes, is not counted.
    """
    body = path.read_bytes()
    headers = {
        "content-type": told(path).get("content_type", "application/xml"),
        "content-location": URL,
    }
    try:
        entries = feedparser.parse(io.BytesIO(body), response_headers=headers)["entries"]
    except UnicodeEncodeError:
        # It fails on a reference to half a pair of surrogates.
        return []
    if not ROOT_END.search(body.replace(b"\0", b"")):
        entries = entries[:-1]
    return [
        {
            *(plain(found.get(name)) for name in ("id", "link")),
            *(plain(fragment_to_text(found.get(name) or "")) for name in ("title", "summary")),
        }
        - {""}
        for found in map(dict, entries)
    ]


def plain(part: str | None) -> str:
    """Return a text without white space and control characters, in which readings differ."""
    return "".join((part or "").translate(CONTROLS).split())
