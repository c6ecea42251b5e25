"""Sound XML to what of it a feed parser is needed for.

feedparser takes its time over what nobody here reads, authors and categories first of all, and
for ever over some of what is well-formed: its time grows with the square of the attributes of an
element, of the length of an author, of the categories of an entry. It is given neither.
"""

import re
from collections.abc import Mapping
from xml.parsers import expat

MOST_ELEMENTS = 20_000
"""A feed of more is searched for what is needed, not parsed (salvage.py)."""
MOST_PIECES = 200_000
"""How many lines and references there may be: each is a piece to feedparser."""
MOST_ATTRIBUTES = 100
MOST_PREFIXES = 100
DEEPEST = 200
VALUE_LENGTH = 50_000
"""How long the value of an attribute may be, in characters: some hold pictures."""

_TEXTS = frozenset({"abstract", "body", "content", "description", "encoded", "summary", "title"})
_UNREAD = frozenset(
    """author category cloud comments commentrss contributor copyright creator credit docs explicit
    generator image keywords managingeditor owner person publisher rights script source subject
    tags textinput thumbnail webmaster""".split()  # noqa: SIM905 (a list to read)
)
"""Outside of texts; two of them, nested oddly, make feedparser raise."""
_END_TAG = re.compile(rb"</(?:[^\s:>]+:)?([^\s:>]+)\s*>")


def trimmed(xml: bytes) -> bytes | None:
    """Return sound XML without the elements that nobody reads; None for any other.

    Sound are UTF-8 bytes that are well-formed, without a DTD, of a size that feeds have, and with
    no markup in a link: feedparser takes the words of an error message there for the address.
    """
    if xml.count(b"\n") + xml.count(b"&") > MOST_PIECES:
        return None
    inspection = _Inspection(xml)
    try:
        inspection.parser.Parse(xml, True)  # noqa: FBT003 (takes no keywords)
    except (expat.ExpatError, _UnfitError):
        return None
    return b"".join((*inspection.kept, xml[inspection.start :]))


class _UnfitError(Exception):
    """The XML is more than a feed parser should be given."""


class _Inspection:
    """Follows a parse, and ends it when there is too much of something."""

    def __init__(self, xml: bytes) -> None:
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.ProcessingInstructionHandler = self._count
        self.parser.StartNamespaceDeclHandler = self._declare
        self.kept: list[bytes] = []
        self.start = 0
        """Where in the XML that begins which is kept beside."""
        self._xml = xml
        self._elements = self._prefixes = self._unread_depth = 0
        self._open = ["the document"]
        self._local_names: dict[str, str] = {}

    def _begin(self, name: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        local_name = self._local_names.get(name)
        if local_name is None:
            local_name = self._local_names[name] = _local_name(name)
        if (
            self._elements > MOST_ELEMENTS
            or len(self._open) > DEEPEST
            or self._open[-1] == "link"
            or len(attributes) > MOST_ATTRIBUTES
            or (attributes and max(map(len, attributes.values())) > VALUE_LENGTH)
        ):
            raise _UnfitError
        if local_name in _UNREAD and not self._unread_depth and _TEXTS.isdisjoint(self._open):
            self._unread_depth = len(self._open)
            self.kept.append(self._xml[self.start : self.parser.CurrentByteIndex])
        self._open.append(local_name)

    def _end(self, _name: str) -> None:
        ended = self._open.pop()
        if len(self._open) == self._unread_depth:
            self._unread_depth = 0
            # At its end tag; of an empty element, behind it, where its parent may end.
            at = self.parser.CurrentByteIndex
            tag = _END_TAG.match(self._xml, at)
            is_its_own = tag is not None and tag[1].decode().lower() == ended
            self.start = tag.end() if tag is not None and is_its_own else at

    def _count(self, _target: str, _data: str) -> None:
        self._elements += 1

    def _declare(self, _prefix: str | None, _uri: str) -> None:
        self._prefixes += 1
        if self._prefixes > MOST_PREFIXES:
            raise _UnfitError

    def _refuse(self, *_doctype: object) -> None:
        raise _UnfitError


def _local_name(name: str) -> str:
    """Return the name of an element without its namespace.

    The content of Media RSS is no text, but a group of them.
    """
    space, _, local_name = name.lower().rpartition(" ")
    return "group" if local_name == "content" and "/mrss" in space else local_name
