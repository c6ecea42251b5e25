"""Word (.docx) and OpenDocument (.odt) files to text, by their XML.

Both are archives of XML files, so one table says what each element is to a reader. What was
deleted with its changes tracked is left out; what is merely hidden is read. Text boxes, notes
and comments follow the text; headers and footers come last, each once.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto, unique
from types import MappingProxyType

from watch.core.words.languages import primary_language
from watch.errors import NotReadableError
from watch.ingest.extract.charset import looks_like
from watch.ingest.extract.damage import damage_told
from watch.ingest.extract.package import Package, parse_xml
from watch.ingest.extract.text import Extract, one_line, own_title, split_title, tidy

OLD_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of what Office wrote before 2007, and of what it protects by a password."""

_PROTECTED = "protected by a password; save it without one"
_OLD = "an old Word document (.doc); open it in Word or LibreOffice and save it as .docx"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")

_NAMESPACES = MappingProxyType(
    {
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
        "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
        "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
        "http://purl.oclc.org/ooxml/drawingml/main": "a",
        "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
        "http://purl.oclc.org/ooxml/officeDocument/math": "m",
        "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
        "http://purl.org/dc/elements/1.1/": "dc",
        "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
        "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
        "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
        "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0": "draw",
        "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0": "svg",
    }
)


@unique
class _Role(Enum):
    """What an element is to a reader."""

    PARAGRAPH = auto()
    TABLE = auto()
    ROW = auto()
    CELL = auto()
    ASIDE = auto()
    """Stands in a sentence, or beside it, and is not of it."""
    LEFT_OUT = auto()


_ELEMENTS = {
    _Role.PARAGRAPH: "w:p a:p text:p text:h",
    _Role.TABLE: "w:tbl table:table",
    _Role.ROW: "w:tr table:table-row",
    _Role.CELL: "w:tc table:table-cell",
    _Role.ASIDE: "w:txbxContent text:note-body office:annotation draw:text-box",
    # Settings, whose tabs are none; what was moved away or deleted; of two forms of a drawing
    # the second; the reading of a word in small letters above it; who noted something, and when.
    _Role.LEFT_OUT: """w:pPr w:del w:moveFrom mc:Fallback w:rt text:tracked-changes
        text:ruby-text text:note-citation dc:creator dc:date svg:title svg:desc""",
}
_ROLES = MappingProxyType(
    {name: role for role, names in _ELEMENTS.items() for name in names.split()}
)
_SPOKEN = frozenset({"w:t", "a:t", "m:t", "text:p", "text:h"})
"""Elements whose text is the document's, and that of the elements in them."""
_MARKS = MappingProxyType(
    {
        **dict.fromkeys(("w:tab", "w:ptab", "text:tab"), "\t"),
        **dict.fromkeys(("w:br", "w:cr", "a:br", "text:line-break"), "\n"),
        "w:noBreakHyphen": "-",
        "text:s": " ",
    }
)
_GAPS = ("", "\t", "\n", "\n\n")
_CELL_GAP, _LINE_GAP, _PARAGRAPH_GAP = range(1, 4)
_SPACE = re.compile(r"[ \t\r\n]+")

# What a Word document refers to that a person reads, in the order in which it is read.
_PARTS = ("diagramData", "footnotes", "endnotes", "comments", "header", "footer")


def refuse_old(_: bytes) -> Extract:
    """Raise NotReadableError, saying what a .doc file is and what to do."""
    raise NotReadableError(_OLD)


def read_office(content: bytes) -> Extract:
    """Return the text of a .docx or .odt file, whichever it is, tables a line for each row.

    The title is the one of its properties, unless a program made that up, else its first line.
    """
    if content.startswith(OLD_MAGIC):
        raise NotReadableError(_PROTECTED if _ENCRYPTED_STREAM in content else _OLD)
    if not content.startswith(b"PK"):
        raise NotReadableError(f"no office document: {looks_like(content)}; name it as what it is")
    with damage_told("office document"):
        package = Package(content)
        if "[Content_Types].xml" in package.names:
            texts, properties = _read_word(package)
        elif "META-INF/manifest.xml" in package.names:
            texts, properties = _read_open(package)
        else:
            raise NotReadableError("an archive, not a document; unpack it")
    text = tidy("\n\n".join(filter(None, dict.fromkeys(map(tidy, texts)))))
    title = own_title(properties.get("dc:title"))
    page = Extract(title=title, text=text) if title else split_title(text)
    return Extract(
        title=page.title,
        text=page.text,
        language=primary_language(properties.get("dc:language")),
    )


def _read_word(package: Package) -> tuple[Iterable[str], Mapping[str, str]]:
    """Return the text of a Word document's parts, and its properties."""
    relations = _relations(package, "")
    main = next((target for kind, target in relations if kind == "officeDocument"), None)
    if main is None or not posixpath.basename(main).startswith("document"):
        raise NotReadableError("no text document but a workbook or slides; save it as a PDF")
    parts = sorted(
        (_PARTS.index(kind), target)
        for kind, target in _relations(package, main)
        if kind in _PARTS and target in package.names
    )
    texts = [_text_of(package.read(name)) for name in (main, *(target for _, target in parts))]
    cores = [target for kind, target in relations if kind == "core-properties"]
    return texts, _properties(package, cores)


def _relations(package: Package, part: str) -> Sequence[tuple[str, str]]:
    """Return what a part refers to: the last word of each relation's type, and its file."""
    folder, name = posixpath.split(part)
    path = posixpath.join(folder, "_rels", f"{name}.rels")
    found: list[tuple[str, str]] = []

    def start(_: str, attributes: Mapping[str, str]) -> None:
        target = attributes.get("Target", "")
        if attributes.get("TargetMode") != "External" and target:
            kind = attributes.get("Type", "").rpartition("/")[2]
            whole = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found.append((kind, whole))

    if path in package.names:
        parse_xml(package.read(path), start=start)
    return found


def _read_open(package: Package) -> tuple[Iterable[str], Mapping[str, str]]:
    """Return the text of an OpenDocument file, and its properties."""
    if b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise NotReadableError(_PROTECTED)
    if "mimetype" in package.names and b"opendocument.text" not in package.read("mimetype"):
        raise NotReadableError("no text document but a workbook or slides; save it as a PDF")
    texts = [_text_of(package.read("content.xml"))]
    if "styles.xml" in package.names:
        texts.append(_text_of(package.read("styles.xml")))
    return texts, _properties(package, ["meta.xml"])


def _properties(package: Package, names: Iterable[str]) -> Mapping[str, str]:
    """Return what a document's properties say of its title and language."""
    found: dict[str, str] = {}
    path: list[str] = []

    def start(name: str, _: Mapping[str, str]) -> None:
        path.append(_short(name))

    def end(_: str) -> None:
        path.pop()

    def words(text: str) -> None:
        found[path[-1]] = found.get(path[-1], "") + text

    for name in names:
        if name in package.names:
            parse_xml(package.read(name), start=start, end=end, words=words)
    return {name: one_line(text) for name, text in found.items()}


def _short(name: str) -> str:
    """Return an element's name with the usual prefix for its namespace."""
    namespace, _, local = name.rpartition(" ")
    return f"{_NAMESPACES.get(namespace, '')}:{local}"


def _text_of(xml: bytes) -> str:
    """Return what a person reads of a part, asides last."""
    reading = _Reading()
    parse_xml(xml, start=reading.start, end=reading.end, words=reading.words)
    return "\n\n".join((*map(_Flow.text, reading.flows), *reading.asides))


class _Flow:
    """Text that is read in one go."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._gap = 0
        """What parts the next words from those before: an index of _GAPS, the widest asked for."""
        self._cells = 0
        self._is_new_cell = False

    def text(self) -> str:
        return "".join(self._parts)

    def add(self, words: str) -> None:
        if self._gap and not words.strip():
            return
        self._parts.append(_GAPS[self._gap] + words if self._parts else words)
        self._gap = 0

    def open(self, role: _Role) -> None:
        match role:
            case _Role.PARAGRAPH if self._cells:
                self._ask(0 if self._is_new_cell else _LINE_GAP)
                self._is_new_cell = False
            case _Role.PARAGRAPH | _Role.TABLE:
                self._ask(_PARAGRAPH_GAP)
            case _Role.ROW:
                self._ask(_LINE_GAP)
            case _Role.CELL:
                self._ask(_CELL_GAP)
                self._cells += 1
                self._is_new_cell = True
            case _:
                pass

    def close(self, role: _Role) -> None:
        if role is _Role.CELL:
            self._cells -= 1
        elif role is _Role.TABLE or (role is _Role.PARAGRAPH and not self._cells):
            self._ask(_PARAGRAPH_GAP)

    def _ask(self, gap: int) -> None:
        self._gap = max(self._gap, gap)


class _Reading:
    """Gathers the text of a part from its XML as it comes, however deep it is nested."""

    def __init__(self) -> None:
        self.flows = [_Flow()]
        """What is being read; an aside is read before that goes on in which it stands."""
        self.asides: list[str] = []
        self._open: list[tuple[_Role | None, bool]] = []
        """For each open element its role, and whether the text around it is the document's."""
        self._is_spoken = False
        self._left_out = 0
        """How deep in what is left out."""

    def start(self, name: str, _: Mapping[str, str]) -> None:
        element = _short(name)
        role = _ROLES.get(element)
        if self._left_out or role is _Role.LEFT_OUT:
            self._left_out += 1
            return
        self._open.append((role, self._is_spoken))
        if role is _Role.ASIDE:
            self.flows.append(_Flow())
            self._is_spoken = False
        elif role is not None:
            self.flows[-1].open(role)
        self._is_spoken = self._is_spoken or element in _SPOKEN
        mark = _MARKS.get(element)
        if mark is not None:
            self.flows[-1].add(mark)

    def end(self, _: str) -> None:
        if self._left_out:
            self._left_out -= 1
            return
        role, self._is_spoken = self._open.pop()
        if role is _Role.ASIDE:
            self.asides.append(self.flows.pop().text())
        elif role is not None:
            self.flows[-1].close(role)

    def words(self, text: str) -> None:
        if self._is_spoken and not self._left_out:
            self.flows[-1].add(_SPACE.sub(" ", text))
