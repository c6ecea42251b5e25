"""Documents that tests write byte by byte, so that what must be read is known."""

import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from hypothesis import strategies as st

from watch.core.cleaning import clean
from watch.errors import NotReadableError
from watch.ingest.extract import Extract, extract

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_NAMESPACES = " ".join(
    f'xmlns:{name}="{uri}"'
    for name, uri in {
        "w": _W,
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "dc": "http://purl.org/dc/elements/1.1/",
        "office": f"{_ODF}:office:1.0",
        "text": f"{_ODF}:text:1.0",
        "table": f"{_ODF}:table:1.0",
        "draw": f"{_ODF}:drawing:1.0",
        "style": f"{_ODF}:style:1.0",
        "svg": f"{_ODF}:svg-compatible:1.0",
    }.items()
)


def pdf(
    *pages: Sequence[str],
    title: str | None = None,
    language: str | None = None,
    picture: bool = False,
    says_letters: bool = True,
    annotations: str = "",
) -> bytes:
    """Return a PDF with these lines on its pages, drawn in a font that all scripts are in.

    A font that does not say its letters maps them all to the private use area.
    """
    objects: dict[int, bytes] = {}
    letters = sorted({char for page in pages for line in page for char in line})
    shift = 0 if says_letters else 0xE000
    mapping = "".join(
        f"<{ord(char):04x}> <{(shift + index) if shift else ord(char):04x}>\n"
        for index, char in enumerate(letters)
    )
    cmap = (
        "begincmap\n1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{len(letters)} beginbfchar\n{mapping}endbfchar\nendcmap"
    )
    objects[4] = (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H "
        b"/DescendantFonts [5 0 R] /ToUnicode 6 0 R >>"
    )
    objects[5] = b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Any /DW 500 >>"
    objects[6] = stream(cmap.encode())
    objects[7] = stream(b"\0", "/Type /XObject /Subtype /Image /Width 1 /Height 1")
    kids = []
    for index, lines in enumerate(pages):
        number = 10 + 2 * index
        kids.append(f"{number} 0 R")
        drawn = "".join(f"<{line.encode('utf-16-be').hex()}> Tj 0 -14 Td\n" for line in lines)
        content = f"BT /F 12 Tf 50 700 Td\n{drawn}ET" if lines else ""
        objects[number] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {number + 1} 0 R "
            f"/Resources << /Font << /F 4 0 R >> {'/XObject << /I 7 0 R >>' if picture else ''} >> "
            f"/Annots [{annotations}] >>"
        ).encode()
        objects[number + 1] = stream(content.encode())
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R %s >>" % (
        f"/Lang ({language})".encode() if language else b""
    )
    objects[2] = f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(kids)}] >>".encode()
    marked = b"\xfe\xff" + (title or "").encode("utf-16-be")
    objects[3] = b"<< /Title <%s> >>" % marked.hex().encode() if title else b"<< >>"
    return _numbered(objects)


def stream(content: bytes, entries: str = "") -> bytes:
    """Return a compressed stream object."""
    packed = zlib.compress(content)
    head = f"<< /Length {len(packed)} /Filter /FlateDecode {entries} >>".encode()
    return b"%s\nstream\n%s\nendstream" % (head, packed)


def _numbered(objects: Mapping[int, bytes]) -> bytes:
    written = BytesIO(b"%PDF-1.7\n")
    written.seek(0, 2)
    table = []
    for number, content in sorted(objects.items()):
        table.append(f"{number} 1\n{written.tell():010} 00000 n \n")
        written.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = written.tell()
    written.write(b"xref\n0 1\n0000000000 65535 f \n" + "".join(table).encode())
    written.write(b"trailer\n<< /Size %d /Root 1 0 R /Info 3 0 R >>\n" % (max(objects) + 1))
    written.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return written.getvalue()


def archive(members: Mapping[str, str | bytes]) -> bytes:
    """Return a zip archive."""
    written = BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return written.getvalue()


def docx(
    body: str,
    *,
    properties: str = "",
    parts: Mapping[str, str] | None = None,
    extra: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """Return a Word document: the XML of its body, of its properties, and of parts by kind."""
    parts = parts or {}
    top = {"officeDocument": "word/document.xml", "core-properties": "docProps/core.xml"}
    return archive(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": _relations(top),
            "word/document.xml": f"<w:document {_NAMESPACES}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": _relations({kind: f"{kind}.xml" for kind in parts}),
            "docProps/core.xml": f"<properties {_NAMESPACES}>{properties}</properties>",
            **{
                f"word/{kind}.xml": f"<part {_NAMESPACES}>{xml}</part>"
                for kind, xml in parts.items()
            },
            **(extra or {}),
        }
    )


def _relations(targets: Mapping[str, str]) -> str:
    related = "".join(
        f'<Relationship Id="r{index}" Type="{_KINDS}/{kind}" Target="{target}"/>'
        for index, (kind, target) in enumerate(targets.items())
    )
    return f'<Relationships xmlns="{_RELATIONS}">{related}</Relationships>'


def odt(
    body: str,
    *,
    properties: str = "",
    styles: str = "",
    extra: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """Return an OpenDocument text: the XML of its body, its properties, its page styles."""
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"<office:content {_NAMESPACES}>{body}</office:content>",
            "styles.xml": f"<office:styles {_NAMESPACES}>{styles}</office:styles>",
            "meta.xml": f"<office:meta {_NAMESPACES}>{properties}</office:meta>",
            **(extra or {}),
        }
    )


def paragraph(text: str) -> str:
    """Return a paragraph of a Word document."""
    return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def outcome(content: bytes, suffix: str) -> Extract | str:
    """Return what is read, or the words of the refusal; any other exception is a failure."""
    try:
        return extract(content, suffix)
    except NotReadableError as error:
        return str(error)


def is_sound(page: Extract | str) -> bool:
    """Return whether an outcome can be stored and shown."""
    if isinstance(page, str):
        return clean(page) == page
    page.text.encode()
    return not {"\0", "\r"} & set(page.text) and clean("".join(page.unread)) == "".join(page.unread)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Return a document cut off, or with bytes changed, anywhere."""
    content = bytearray(whole[: draw(st.integers(0, 2 * len(whole)))])
    marks = [b"\n", b"\r\n\r\n", b"=?", b"?=", b"%", b"<", b">", b"/", b"(", b";", b"\0", b"\xff"]
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 3))] = draw(
            st.sampled_from(marks) | st.binary(max_size=4)
        )
    return bytes(content)
