"""OPML: lists of feeds, as other readers write them and read them."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.parsers import expat

from watch.core.cleaning import clean
from watch.errors import NotReadableError
from watch.ingest.extract.charset import declared_charset, decode
from watch.ingest.extract.markup import html_to_text
from watch.ingest.extract.text import one_line
from watch.ingest.feed import Feed

MAX_BYTES = 16_000_000
"""How large a list may be, in bytes."""
MAX_DEPTH = 100
"""How deep elements may be nested."""

_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# An ampersand that begins no reference of XML: of an address, or of an entity of HTML.
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)")
_FEED_TYPES = frozenset({"rss", "rss1", "rss2", "atom", "rdf", "feed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A feed of a list."""

    line: int
    """Where it stands, counted from 1."""
    title: str
    """One line; empty when it has none."""
    url: str
    """An absolute address of the web."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An entry of a list that leads to no feed."""

    line: int
    title: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedList:
    """What stands in a list, in its order, with the folders it is sorted into left out."""

    feeds: tuple[Listed, ...]
    """One address may stand there twice."""
    refused: tuple[Refused, ...]


def parse_opml(content: bytes) -> FeedList:
    """Return the feeds of a list. Runs in the sandbox.

    No entity is expanded and no document type accepted. Ampersands that nobody escaped are read
    as they are meant. Raises NotReadableError for all else that is no OPML, with its line.
    """
    if len(content) > MAX_BYTES:
        raise NotReadableError(f"larger than {MAX_BYTES // 1_000_000} MB; split it")
    declaration = content[: content.find(b">") + 1]
    text = decode(content, declared=(declared_charset(declaration),)).lstrip("\ufeff \t\r\n")
    text = _BARE_AMPERSAND.sub("&amp;", _NOT_XML.sub("", text))
    outlines = _Outlines()
    try:
        outlines.parser.Parse(text.encode("utf-8"), True)  # noqa: FBT003 (as expat has it)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise NotReadableError(f"broken XML in line {error.lineno}: {what}") from error
    return FeedList(feeds=tuple(outlines.feeds), refused=tuple(outlines.refused))


def show_opml(feeds: Iterable[Feed]) -> str:
    """Return feeds as an OPML 2.0 document."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = "watchlist"
    body = ET.SubElement(root, "body")
    for feed in feeds:
        name = clean(feed.name)
        ET.SubElement(body, "outline", type="rss", text=name, title=name, xmlUrl=clean(feed.url))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


@dataclass(slots=True)
class _Open:
    """An element that has begun."""

    is_bare: bool
    """It is an entry without an address, and so far without entries below it: no folder."""
    line: int
    title: str


class _Outlines:
    """Gathers the entries of a list as its parser comes upon them."""

    def __init__(self) -> None:
        self.feeds: list[Listed] = []
        self.refused: list[Refused] = []
        self._open: list[_Open] = []
        # The text is in UTF-8 by now, whatever its declaration says.
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _refuse_doctype(self, *_: object) -> None:
        # Entities are declared there; without one there are none to expand.
        line = self.parser.CurrentLineNumber
        raise NotReadableError(f"a document type is declared in line {line}; take it out")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = _local(name)
        if not self._open and element != "opml":
            raise NotReadableError(f"not OPML: it begins with <{clean(name)[:40]}>")
        if len(self._open) == MAX_DEPTH:
            raise NotReadableError(f"nested deeper than {MAX_DEPTH}; flatten it")
        if self._open:
            self._open[-1].is_bare = False
        values = {_local(key): value.strip() for key, value in attributes.items()}
        titles = (one_line(html_to_text(values.get(key, "")).text) for key in ("title", "text"))
        title = next(filter(None, map(str.strip, map(clean, titles))), "")
        opened = _Open(is_bare=False, line=self.parser.CurrentLineNumber, title=title)
        self._open.append(opened)
        if element == "outline":
            self._take(values, opened)

    def _take(self, values: dict[str, str], opened: _Open) -> None:
        kind = values.get("type", "").lower()
        address = values.get("xmlurl") or (values.get("url", "") if kind in _FEED_TYPES else "")
        if address:
            self._add(address, opened)
        elif other := values.get("url"):
            why = f"{clean(other)[:200]} is no feed but of the type {clean(kind) or 'none'}"
            self._refuse(opened, why)
        else:
            opened.is_bare = True

    def _end(self, _: str) -> None:
        opened = self._open.pop()
        if opened.is_bare:
            self._refuse(opened, "no xmlUrl")

    def _add(self, address: str, opened: _Open) -> None:
        # feed:https://... is that address, feed://... one of http.
        url = address[5:] if address[:5].lower() == "feed:" else address
        url = (f"http:{url}" if url.startswith("//") else url).replace(" ", "%20")
        try:
            parts = urlsplit(url)
            is_on_web = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            is_on_web = False
        if is_on_web and url.isprintable():
            self.feeds.append(Listed(line=opened.line, title=opened.title, url=url))
        else:
            self._refuse(opened, f"{clean(address)[:200]} is no address of the web")

    def _refuse(self, opened: _Open, why: str) -> None:
        self.refused.append(Refused(line=opened.line, title=opened.title, why=why))


def _local(name: str) -> str:
    """Return a name without its prefix, in lower case: nobody agrees on how to write xmlUrl."""
    return name.rpartition(":")[2].lower()
