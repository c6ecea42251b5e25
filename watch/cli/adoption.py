"""Feeds of an OPML list become `[[source]]` tables of a configuration."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import tomli
import tomli_w

from watch.errors import Mistake, MistakesError, SourceError
from watch.ingest.opml import FeedList, parse_opml
from watch.ingest.sandbox import Sandbox

_NAME_LENGTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """The tables that a list makes, and what it holds besides."""

    tables: str
    """TOML, each table after a blank line but the first."""
    count: int
    left_out: tuple[str, ...]
    """Each begins with its line: `12: Wire: no xmlUrl`."""


def load_opml(path: Path) -> FeedList:
    """Return the feeds of an OPML file; raise MistakesError where it is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _mistake(path, f"cannot be read: {error.strerror}", "check the path") from error

    async def parse() -> FeedList:
        with Sandbox(workers=1) as sandbox:
            return await sandbox.run(parse_opml, content)

    try:
        return asyncio.run(parse())
    except SourceError as error:
        raise _mistake(path, str(error), "export it again as OPML") from error


def load_sources(path: Path) -> Mapping[str, str]:
    """Return the names of configured sources with what they lead to; raise MistakesError.

    Only what is needed is looked at: a configuration may lack its first source, and get it so.
    """
    tables = _tables(path, _text(path)).get("source", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise _mistake(path, "source is no list of tables", "write each as [[source]]")
    return {
        str(table.get("name", "")): str(table.get("feed") or table.get("folder") or "")
        for table in tables
    }


def adopt(feeds: FeedList, known: Mapping[str, str]) -> Adopted:
    """Return the tables of those feeds that are not known yet, each under a name of its own."""
    names = set(known)
    by_address = {_same(location): name for name, location in known.items()}
    tables: list[str] = []
    left_out = [(one.line, one.title, one.why) for one in feeds.refused]
    for feed in feeds.feeds:
        holder = by_address.get(_same(feed.url))
        if holder is not None:
            left_out.append((feed.line, feed.title, f"{feed.url} is the source {holder!r} already"))
            continue
        name = _free_name(_shortened(feed.title) or urlsplit(feed.url).hostname or "feed", names)
        names.add(name)
        by_address[_same(feed.url)] = name
        tables.append("[[source]]\n" + tomli_w.dumps({"name": name, "feed": feed.url}))
    return Adopted(
        tables="\n".join(tables),
        count=len(tables),
        left_out=tuple(
            f"{line}: {title + ': ' if title else ''}{why}" for line, title, why in sorted(left_out)
        ),
    )


def append_sources(path: Path, tables: str) -> None:
    """Append tables to a configuration, which stays as it is where they would not fit."""
    if not tables:
        return
    before = _text(path)
    added = ("" if before.endswith("\n") or not before else "\n") + "\n" + tables
    try:
        tomli.loads(before + added)
    except tomli.TOMLDecodeError as error:
        remedy = "write source = [...] as [[source]] tables first"
        raise _mistake(path, f"tables cannot be appended: {error}", remedy) from error
    try:
        with path.open("ab") as file:
            file.write(added.encode())
    except OSError as error:
        remedy = "make it writable, or leave --write out and append what is printed"
        raise _mistake(path, f"cannot be written: {error.strerror}", remedy) from error


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        remedy = "`watchlist init DIR` writes one; --config PATH names another"
        raise _mistake(path, f"cannot be read: {error.strerror}", remedy) from error
    except UnicodeDecodeError as error:
        raise _mistake(path, "not UTF-8", "save the file as UTF-8") from error


def _tables(path: Path, text: str) -> Mapping[str, object]:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise _mistake(path, f"not TOML: {error}", "`watchlist check` says more") from error


def _mistake(path: Path, text: str, remedy: str) -> MistakesError:
    return MistakesError([Mistake(path=str(path), text=text, remedy=remedy)])


def _same(location: str) -> str:
    """Return what is the same for addresses that lead to one feed, but for its scheme and case."""
    return re.sub(r"\Ahttps?://(?:www\.)?", "", location, flags=re.IGNORECASE).rstrip("/")


def _shortened(title: str) -> str:
    printable = "".join(filter(str.isprintable, title))
    return printable[:_NAME_LENGTH].strip()


def _free_name(name: str, taken: set[str]) -> str:
    """Return a name that is not taken: `Wire`, `Wire 2`, `Wire 3`."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free
