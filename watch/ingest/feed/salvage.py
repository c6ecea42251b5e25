"""Broken XML to sound XML: the parts of a feed that are read, written anew.

    text ─► what is left of it when the middle of a huge feed is cut out
         ─► marks: tags of feeds, comments, CDATA; any other markup is passed over
         ─► fields of the channel and of each entry: where one begins and where it must end
         ─► one channel, its whole entries, nothing else

An entry is whole if it ends, if another one begins, or if the feed ends; where a feed breaks off
inside its last entry, that will be whole another time. Every search goes forward only, or its
result is kept, so that it takes time in proportion to the length.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from html import unescape
from typing import NamedTuple, Self
from xml.sax.saxutils import quoteattr

from watch.ingest.extract.markup import looks_like_html, without_unseen
from watch.ingest.feed.entries import MOST_ENTRIES
from watch.ingest.feed.names import (
    ALIASES,
    ATTRIBUTES,
    EMPTY,
    ENTRIES,
    INHERITED,
    LINES,
    NAMESPACES,
    OF_CHANNEL,
    PASSED_OVER,
    ROOTS,
    TEXTS,
    usual_prefixes,
)

MOST_OF_A_KIND = 10
"""How many fields of one name an entry keeps."""
MOST_LINES = 100_000
"""A text of more lines goes without their ends."""
VALUE_LENGTH = 10_000
"""A longer value of an attribute is left out; in characters."""

_CDATA, _CDATA_END = "<![CDATA[", "]]>"


def _any_of(names: frozenset[str]) -> str:
    return "|".join(sorted({name.rpartition(":")[2] for name in names}))


_PREFIX = r"(?:[\w.-]+:)?"
_FIELDS = TEXTS | LINES | EMPTY | PASSED_OVER | frozenset(ALIASES)
_MARK = re.compile(
    rf"""<(?: (?P<comment>!--) | (?P<section>!\[CDATA\[) | (?P<script>script(?=[\s>])[^<>]*+(?<!/)>)
        | (?P<end>/?) (?P<name>{_PREFIX}(?:{_any_of(ENTRIES | ROOTS | _FIELDS)})) (?=[\s/>])
          (?P<attributes> (?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+ | [^<>]*+
            | (?:[^<>"']++|"[^">]*+"|'[^'>]*+')*+ ) > )""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_FIELD = re.compile(rf"<{_PREFIX}(?:{_any_of(_FIELDS)})(?=[\s/>])", re.ASCII | re.IGNORECASE)
_BOUNDARY = re.compile(
    rf"<(?:/?{_PREFIX}(?:{_any_of(ENTRIES)})(?=[\s/>])|/{_PREFIX}(?:{_any_of(ROOTS)})\s*>)",
    re.ASCII | re.IGNORECASE,
)
_ENTRY = re.compile(rf"<{_PREFIX}(?:{_any_of(ENTRIES)})(?=[\s/>])", re.ASCII | re.IGNORECASE)
_FEED_END = re.compile(rf"</{_PREFIX}(?:{_any_of(ROOTS)})\s*>", re.ASCII | re.IGNORECASE)
_ROOT = re.compile(rf"<(?:([\w.-]+):)?({_any_of(ROOTS)})(?=[\s/>])", re.ASCII | re.IGNORECASE)
_FRAGMENT = re.compile(rf"<(?:([\w.-]+):)?({_any_of(ENTRIES)})(?=[\s/>])", re.ASCII | re.IGNORECASE)
_TRACE = re.compile(rf"</?{_PREFIX}(?:{_any_of(ENTRIES)})\b", re.ASCII | re.IGNORECASE)
_PAGE = re.compile(r"<(?:!doctype\s+html|html|body)(?=[\s/>])", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""(?<![\w.:-])([\w.:-]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.ASCII
)
_ENTITY = re.compile(r"""<!ENTITY\s+([\w.-]+)\s+["']([^"'<>%]{1,40})["']\s*>""")
"""No more than this is expanded: a few words."""
_REFERENCE = re.compile(
    r"&(?:#(?:[0-9]{1,99}|x[0-9a-f]{1,99});?|([a-z][\w.-]{0,31});)", re.IGNORECASE
)
_SECTION, _SECTION_END, _COMMENT_END = map(re.compile, (r"<!\[CDATA\[", r"\]\]>", r"-->"))
_SCRIPT, _SCRIPT_END = (
    re.compile(mark, re.IGNORECASE) for mark in (r"<script(?=[\s>])", r"</script\s*>")
)
_END_TAG = re.compile(r"</(?:[^\W\d][\w:.-]*)?\s*>")
_PREFIXED_TAG = re.compile(r"<(/?)[\w.-]+:(?=[a-z])", re.ASCII | re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]+")
"""They stand in the middle of tags, too."""
_NOT_XML = bytes(code for code in range(0x20) if code not in b"\t\n\r")


class Salvaged(NamedTuple):
    """What was salvaged of a feed."""

    xml: bytes
    """Well-formed, in UTF-8."""
    is_empty: bool
    """Whether the feed had an end, and there is no trace of an entry in it."""
    left_out: int
    """How many entries in the middle of it were not looked at."""


def salvage(text: str) -> Salvaged | None:
    """Return what is left of a feed in XML however broken; None when there is none in it.

    Left are the title and language of its channel, when to ask again, and of each whole entry
    what a person can read, its id, links, dates and languages.
    """
    text = _CONTROLS.sub("", text)
    root = _ROOT.search(text)
    page = _PAGE.search(text, 0, len(text) if root is None else root.start())
    if page is not None:
        # What a page has of a feed, in a script or a comment, it does not publish.
        return None
    root = root or _FRAGMENT.search(text)
    if root is None:
        return None
    found, left_out = _without_middle(text[root.start() :])
    work = _Salvage(found, root_prefix=root[1], entities=_entities(text[: root.start()]))
    work.run()
    xml = work.written(is_atom=root[2].lower() in ("feed", "entry"))
    content = xml.encode("utf-8", "replace").translate(None, _NOT_XML)
    for no_character in ("\ufffe", "\uffff"):
        content = content.replace(no_character.encode(), b"")
    is_empty = work.has_end and not _TRACE.search(text)
    return Salvaged(xml=content, is_empty=is_empty, left_out=left_out)


def _without_middle(text: str) -> tuple[str, int]:
    """Return a feed without the entries that are neither among the first nor among the last.

    The newest are at one of its ends; how many were left out comes with it.
    """
    starts = [entry.start() for entry in _ENTRY.finditer(text)]
    left_out = len(starts) - 2 * MOST_ENTRIES
    if left_out <= 0:
        return text, 0
    return text[: starts[MOST_ENTRIES]] + text[starts[-MOST_ENTRIES] :], left_out


def _entities(prolog: str) -> dict[str, str]:
    """Return the characters that a feed has names of its own for."""
    values = ((name, unescape(value)) for name, value in _ENTITY.findall(prolog))
    return {name: value for name, value in values if "&" not in value}


class _Piece(NamedTuple):
    """A piece of a field."""

    text: str
    is_section: bool
    """Whether it stands in CDATA, where nothing is markup but what HTML takes for it."""

    def seen(self) -> Self:
        """Return it without comments and instructions."""
        return self._replace(text=without_unseen(self.text)) if "<" in self.text else self


class _Salvage:
    """Goes through a feed once, and keeps what it finds."""

    def __init__(self, text: str, *, root_prefix: str | None, entities: dict[str, str]) -> None:
        self.has_end = False
        self._source = text
        self._entities = entities
        self._prefixes = usual_prefixes(text, root_prefix)
        self._next_at: dict[re.Pattern[str], int] = {}
        self._end_tags: dict[str, re.Pattern[str]] = {}
        self._root: dict[str, str] = {}
        self._channel: list[str] = []
        self._entries: list[str] = []
        self._entry: list[str] | None = None
        self._kinds: dict[str, int] = {}

    def run(self) -> None:
        """Read the feed."""
        position = 0
        while (mark := _MARK.search(self._source, position)) is not None:
            position = self._read(mark)

    def written(self, *, is_atom: bool) -> str:
        """Return what was read, as a feed of one of the two families."""
        spaces = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in NAMESPACES.items())
        inside = "".join((*self._channel, *self._entries))
        root = _written({name: value for name, value in self._root.items() if name in INHERITED})
        if is_atom:
            return f'<feed xmlns="http://www.w3.org/2005/Atom"{spaces}{root}>{inside}</feed>'
        return f'<rss version="2.0"{spaces}{root}><channel>{inside}</channel></rss>'

    def _read(self, mark: re.Match[str]) -> int:
        """Read what a mark begins or ends; return where to go on."""
        end = mark.end()
        if mark["comment"]:
            # A comment may end with the hyphens that it begins with.
            return self._past(_COMMENT_END, mark.start() + len("<!"))
        if mark["section"]:
            # The end that is found is another section's if that begins before it.
            past = self._past(_SECTION_END, end)
            return end if self._next(_SECTION, end) < past else past
        if mark["script"]:
            return self._script_end(end)
        name = self._name(mark["name"])
        name = ALIASES.get(name, name)
        attributes = self._attributes(mark["attributes"])
        if name in ENTRIES or name in ROOTS:
            self._end_entry()
            if name in ROOTS:
                self.has_end = self.has_end or mark["end"] == "/"
                self._root = {**attributes, **self._root}
            elif not mark["end"]:
                self._entry = [f"<item{_written(attributes)}>"]
        elif not mark["end"] and (name in PASSED_OVER or self._is_wanted(name)):
            return self._read_field(name, mark, attributes)
        return end

    def _read_field(self, name: str, mark: re.Match[str], attributes: dict[str, str]) -> int:
        """Keep the field that a start tag begins; return where to go on."""
        start = mark.end()
        is_closed = mark["attributes"].endswith("/")
        if name in PASSED_OVER:
            end = self._next(self._end_tag(mark["name"]), start)
            return start if is_closed or end > self._next(_BOUNDARY, start) else end
        is_empty = is_closed or "href" in attributes or "url" in attributes
        if (name in EMPTY and is_empty) or (is_closed and "src" in attributes):
            self._keep(name, attributes, "")
        elif not is_closed:
            pieces, start = self._pieces(mark["name"], start)
            body = self._text(pieces, attributes) if name in TEXTS else self._line(pieces)
            self._keep(name, attributes, body)
        return start

    def _is_wanted(self, name: str) -> bool:
        """Whether a field is one that is read, and not one of too many."""
        self._kinds[name] = self._kinds.get(name, 0) + 1
        is_read = name in OF_CHANNEL if self._entry is None else name in _FIELDS
        return is_read and self._kinds[name] <= MOST_OF_A_KIND

    def _keep(self, name: str, attributes: dict[str, str], body: str) -> None:
        kept = self._channel if self._entry is None else self._entry
        kept.append(f"<{name}{_written(attributes)}>{_section(body)}</{name}>")

    def _end_entry(self) -> None:
        if self._entry is not None:
            self._entries.append("".join((*self._entry, "</item>")))
        self._entry = None
        self._kinds.clear()

    def _pieces(self, name: str, start: int) -> tuple[list[_Piece], int]:
        """Return what stands in the field that begins here, and where to go on after it.

        It ends at its end tag. Without one before the entry ends, it ends where another begins.
        """
        source, end_tag = self._source, self._end_tag(name)
        pieces = []
        while True:
            end, boundary = self._next(end_tag, start), self._next(_BOUNDARY, start)
            if end > boundary:
                end = min(self._next(_FIELD, start), boundary)
            section = self._next(_SECTION, start)
            if section >= end:
                break
            pieces.append(_Piece(source[start:section], is_section=False))
            inner = section + len(_CDATA)
            section_end = self._next(_SECTION_END, inner)
            inner_end = self._next(end_tag, inner)
            if section_end == len(source) or inner_end < self._next(_SECTION, inner) < section_end:
                # The section is never closed: the end that is found, if any, is another's.
                end = min(inner_end, self._next(_BOUNDARY, inner))
                if self._breaks_off(section_end, inner):
                    end = len(source)
                pieces.append(_Piece(source[inner:end], is_section=True))
                return pieces, end
            pieces.append(_Piece(source[inner:section_end], is_section=True))
            start = section_end + len(_CDATA_END)
        pieces.append(_Piece(source[start:end], is_section=False))
        return pieces, end

    def _text(self, pieces: list[_Piece], attributes: dict[str, str]) -> str:
        """Return a text; one with markup as HTML."""
        seen = [piece if piece.is_section else piece.seen() for piece in pieces]
        if any(not piece.is_section and looks_like_html(piece.text) for piece in seen):
            attributes["type"] = "html"
            return "".join(
                piece.text if piece.is_section else _PREFIXED_TAG.sub(r"<\1", piece.text)
                for piece in seen
            )
        return self._line(seen)

    def _line(self, pieces: list[_Piece]) -> str:
        return "".join(
            piece.text if piece.is_section else self._plain(_END_TAG.sub("", piece.text))
            for piece in pieces
        )

    def _plain(self, text: str) -> str:
        """Return a text with the characters that stand in it by number or name."""
        return _REFERENCE.sub(self._character, text) if "&" in text else text

    def _character(self, reference: re.Match[str]) -> str:
        return self._entities.get(reference[1]) or _character(reference[0])

    def _name(self, written: str) -> str:
        prefix, _, name = written.lower().rpartition(":")
        prefix = self._prefixes.get(prefix, prefix)
        return f"{prefix}:{name}" if prefix else name

    def _attributes(self, written: str) -> dict[str, str]:
        """Return the attributes that are of use; the first of one name counts."""
        found: dict[str, str] = {}
        for name, *values in _ATTRIBUTE.findall(written):
            usual, value = self._name(name), "".join(values)
            if usual in ATTRIBUTES and len(value) <= VALUE_LENGTH:
                found.setdefault(usual, self._plain(value))
        return found

    def _end_tag(self, name: str) -> re.Pattern[str]:
        return self._end_tags.setdefault(
            name, re.compile(rf"</{re.escape(name)}\s*>", re.IGNORECASE)
        )

    def _past(self, mark: re.Pattern[str], start: int) -> int:
        """Return where a mark of three characters ends.

        Where there is none, what it should end hides nothing, unless the feed breaks off in it.
        """
        at = self._next(mark, start)
        if at < len(self._source):
            return at + 3
        return at if self._breaks_off(at, start) else start

    def _script_end(self, start: int) -> int:
        """Return where a script ends whose start tag ends here: what is in it is no feed.

        One without an end hides nothing, unless the feed breaks off in it.
        """
        at = self._next(_SCRIPT_END, start)
        if at < self._next(_SCRIPT, start) or self._breaks_off(at, start):
            return at
        return start

    def _breaks_off(self, end: int, start: int) -> bool:
        """Whether what begins here and ends there goes on to where the feed breaks off."""
        return end == self._next(_FEED_END, start) == len(self._source)

    def _next(self, mark: re.Pattern[str], start: int) -> int:
        """Return where a mark stands next; the length of the source where there is none.

        Nothing is searched for twice, for `start` never goes back.
        """
        at = self._next_at.get(mark, -1)
        if at < start:
            found = mark.search(self._source, start)
            at = self._next_at[mark] = found.start() if found else len(self._source)
        return at


@lru_cache(maxsize=4_096)
def _character(reference: str) -> str:
    """Return what a reference stands for; itself where that is nothing."""
    return unescape(reference)


def _section(text: str) -> str:
    """Return a text as XML: in CDATA, for feedparser takes its time over references and lines."""
    if not any(mark in text for mark in "<>&\n"):
        return text
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    if text.count("\n") > MOST_LINES:
        text = text.replace("\n", " ")
    return f"{_CDATA}{text.replace(_CDATA_END, f']]{_CDATA_END}{_CDATA}>')}{_CDATA_END}"


def _written(attributes: Mapping[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
