"""What is read: `[[source]]`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from watch.config.page import Page
from watch.config.tables import SourceTable
from watch.core.toml import Path as Where
from watch.core.words.languages import primary_language
from watch.errors import SourceError
from watch.ingest.feed import Feed, FullText
from watch.ingest.feedlist import FeedListFile, load_list
from watch.ingest.folder import Folder
from watch.ingest.web.urls import parse_url, split_login

_FULL_TEXT: Mapping[bool | str, FullText] = {
    False: FullText.NEVER,
    True: FullText.ALWAYS,
    "when short": FullText.WHEN_SHORT,
}


@dataclass(slots=True)
class Sources:
    """What is read, without the sources that have a mistake."""

    folders: list[Folder] = field(default_factory=list)
    feeds: dict[str, Feed] = field(default_factory=dict)
    """By name, with those of the lists."""


def sources_of(page: Page, tables: Sequence[Mapping[str, object]]) -> Sources:
    """Return the sources, in their order; the lists among them are read."""
    sources = Sources()
    lists: list[tuple[FeedListFile, Where]] = []
    names: dict[str, int] = {}
    for index, value in enumerate(tables):
        where: Where = ("source", index)
        checked = page.toml.checked(SourceTable, value, where)
        if not isinstance(checked, SourceTable):
            page.mistakes.extend(checked)
            continue
        page.check_name(checked.name, names, index, where)
        match _source(page, checked, where):
            case Folder() as folder:
                sources.folders.append(folder)
            case Feed() as feed:
                sources.feeds[feed.name] = feed
            case FeedListFile() as feed_list:
                lists.append((feed_list, (*where, "opml")))
            case None:
                pass
    for file, place in lists:
        page.note_file(file.path)
        try:
            sources.feeds |= load_list(file, sources.feeds)
        except SourceError as error:
            page.add(place, str(error), remedy="export it again as OPML, or mend the path")
    return sources


def _source(page: Page, table: SourceTable, where: Where) -> Folder | Feed | FeedListFile | None:
    every = page.duration(table.every, (*where, "every"), least=timedelta(seconds=1))
    language = primary_language(table.language)
    if table.language is not None and language is None:
        remedy = 'use a code: "en", "ko", "ru"'
        what = f'"{table.language}" is no language code'
        page.add((*where, "language"), what, remedy=remedy)
    if [table.folder, table.feed, table.opml].count(None) != 2:  # noqa: PLR2004 (all but one)
        remedy = 'write folder = "...", feed = "https://..." or opml = "feeds.opml"'
        page.add(where, "a source has either a folder, a feed or a list of feeds", remedy=remedy)
        return None
    if table.folder is not None:
        _refuse_keys_of_feeds(page, table, where)
        return Folder(
            name=table.name,
            root=page.root / table.folder,
            recursive=table.recursive,
            language=language,
            backfill=table.backfill is not False,
            every=every,
        )
    feed = _feed(page, table, where, every, language)
    if table.opml is not None:
        return FeedListFile(path=page.root / table.opml, each=feed)
    try:
        parse_url(feed.url)
    except SourceError as error:
        page.add((*where, "feed"), str(error), remedy="write it as a browser shows it")
    url, login = split_login(feed.url)
    return replace(feed, url=url, headers=(*login, *feed.headers))


def _feed(
    page: Page, table: SourceTable, where: Where, every: timedelta | None, language: str | None
) -> Feed:
    if table.full_text not in _FULL_TEXT:
        remedy = 'write true, false or "when short"'
        page.add((*where, "full_text"), f'"{table.full_text}" is no choice', remedy=remedy)
    return Feed(
        name=table.name,
        url=table.feed or "",
        every=every,
        language=language,
        backfill=table.backfill is True,
        headers=tuple(_headers(page, table.headers_file, (*where, "headers_file"))),
        full_text=_FULL_TEXT.get(table.full_text, FullText.NEVER),
        allow_private=tuple(page.networks(table.allow_private, (*where, "allow_private"))),
    )


def _refuse_keys_of_feeds(page: Page, table: SourceTable, where: Where) -> None:
    for key in ("allow_private", "headers_file", "full_text"):
        if getattr(table, key):
            remedy = "take it out; folders need none"
            page.add((*where, key), f"{key} goes with a feed", remedy=remedy, is_key=True)


def _headers(page: Page, file: str | None, where: Where) -> Iterator[tuple[str, str]]:
    """Yield the headers that a paid wire asks for, one `Name: value` on a line."""
    if file is None:
        return
    text = page.read(file, where, remedy="create it, readable to the daemon alone")
    for line in filter(str.strip, (text or "").splitlines()):
        match = re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]*)", line)
        if match is None:
            # Not shown: it may hold a secret.
            remedy = "write one on each line, as Name: value"
            page.add(where, f"a line of {file} is no header", remedy=remedy)
            continue
        yield match[1], match[2]
