"""Lists of feeds: an OPML file stands for the feeds in it, and is watched for edits."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from watch.errors import NotReadableError, SourceError
from watch.ingest.feed import Feed
from watch.ingest.opml import MAX_BYTES, Listed, parse_opml
from watch.ingest.web.urls import split_login

_NAME_LENGTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedListFile:
    """A configured list."""

    path: Path
    each: Feed
    """What holds for each of its feeds, but for name and address; its name is that of the list."""


def load_list(file: FeedListFile, known: Mapping[str, Feed]) -> dict[str, Feed]:
    """Return the feeds of a list by name, without those whose address is that of a known feed.

    They go by their titles; where a title is none, or is taken, the address tells them apart.
    Raises SourceError when the list cannot be read as a whole.
    """
    try:
        with file.path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{file.path.name} cannot be read: {error.strerror}") from error
    try:
        listed = parse_opml(content).feeds
    except NotReadableError as error:
        raise NotReadableError(f"{file.path.name}: {error}") from error
    urls = {feed.url for feed in known.values()}
    logins: dict[str, tuple[tuple[str, str], ...]] = {}
    bare = []
    for feed in listed:
        url, login = split_login(feed.url)
        logins.setdefault(url, login)
        bare.append(replace(feed, url=url))
    # An address that stands there twice goes by its first place.
    new = {feed.url: feed for feed in reversed(bare) if feed.url not in urls}
    titles = Counter(map(_title, new.values()))
    feeds: dict[str, Feed] = {}
    for feed in reversed(new.values()):
        name = _free_name(_name(feed, titles), known.keys() | feeds.keys())
        headers = (*logins[feed.url], *file.each.headers)
        feeds[name] = replace(file.each, name=name, url=feed.url, headers=headers)
    return feeds


def _title(feed: Listed) -> str:
    return "".join(filter(str.isprintable, feed.title))[:_NAME_LENGTH].strip()


def _name(feed: Listed, titles: Counter[str]) -> str:
    """Return a name that does not change with the order of the list."""
    title = _title(feed)
    if title and titles[title] == 1:
        return title
    parts = urlsplit(feed.url)
    place = f"{parts.hostname}{parts.path}"
    return f"{title} ({place})" if title else place


def _free_name(name: str, taken: Collection[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free
