import io
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given, settings

from tests.ingest.papers import (
    archive,
    damaged,
    docx,
    is_sound,
    odt,
    outcome,
    paragraph,
)
from watch.errors import NotReadableError
from watch.ingest.extract import Extract, extract
from watch.ingest.sandbox import Sandbox

TEXTS = [
    "북한이 미사일을 쐈다.",
    "朝鲜发射导弹。",
    "Поезда <пересекли> & мост.",
    "שלום עולם",
    "صاروخ",
]
WORD = docx("".join(map(paragraph, TEXTS)), properties="<dc:title>Trains</dc:title>")
OPEN = odt("<text:p>북한이 미사일을 쐈다.</text:p><text:p>صاروخ</text:p>")
RAW = zipfile.ZipFile(io.BytesIO(WORD)).read("word/document.xml")
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_word(body: str, parts: Mapping[str, str] | None = None) -> str:
    return extract(docx(paragraph("Head.") + body, parts=parts), ".docx").text


def read_open(body: str, styles: str = "") -> str:
    return extract(odt(f"<text:p>Head.</text:p>{body}", styles=styles), ".odt").text


def why_not(content: bytes, suffix: str = ".docx") -> str:
    with pytest.raises(NotReadableError) as caught:
        extract(content, suffix)
    return str(caught.value)


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def cell(*texts: str) -> str:
    return f"<w:tc>{''.join(map(paragraph, texts))}</w:tc>"


@pytest.mark.parametrize("suffix", [".docx", ".DOCM", ".odt"])
def test_paragraphs_are_read_in_any_script_whatever_the_suffix(suffix: str) -> None:
    assert extract(WORD, suffix) == Extract(title="Trains", text="\n\n".join(TEXTS))
    assert extract(OPEN, suffix).text == "북한이 미사일을 쐈다.\n\nصاروخ"


WORD_LINES = paragraph("First") + paragraph("Text.")
OPEN_LINES = "<text:h>First</text:h><text:p>Text.</text:p>"


def test_title_and_language_are_the_declared_ones_if_a_person_wrote_them() -> None:
    named = "<dc:title>Ein  Titel</dc:title><dc:language>de-DE</dc:language>"
    page = Extract(title="Ein Titel", text="First\n\nText.", language="de")
    assert extract(docx(WORD_LINES, properties=named), ".docx") == page
    assert extract(odt(OPEN_LINES, properties=named), ".odt") == page
    unnamed = "<dc:title>Document1</dc:title><dc:language/>"
    page = Extract(title="First", text="Text.")
    assert extract(docx(WORD_LINES, properties=unnamed), ".docx") == page
    assert extract(odt(OPEN_LINES, properties=unnamed), ".odt") == page


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"<w:p>{run('sui')}<w:r><w:rPr><w:b/></w:rPr><w:t>cide</w:t></w:r></w:p>", "suicide"),
        ("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>", "a\tb\nc"),
        (f"<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr>{run('a')}</w:p>", "a"),
        (f"<w:p>{run('MiG')}<w:r><w:noBreakHyphen/></w:r>{run('29')}</w:p>", "MiG-29"),
        (f"<w:p>{run('a ')}<w:del>{run('gone ')}</w:del><w:ins>{run('b')}</w:ins></w:p>", "a b"),
        (f"<w:p><w:moveFrom>{run('gone')}</w:moveFrom>{run('kept')}</w:p>", "kept"),
        ("<w:p><w:r><w:instrText>HYPERLINK</w:instrText><w:t>a link</w:t></w:r></w:p>", "a link"),
        ("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>", "hidden"),
        (
            (
                "<w:p><w:r><w:ruby><w:rt><w:r><w:t>かな</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢字"
                "</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>"
            ),
            "漢字",
        ),
        (
            (
                f"<w:p>{run('a ')}<mc:AlternateContent><mc:Choice><w:txbxContent>{paragraph('box')}"
                f"</w:txbxContent></mc:Choice><mc:Fallback>{run('again')}</mc:Fallback>"
                f"</mc:AlternateContent>{run('sentence')}</w:p>"
            ),
            "a sentence\n\nbox",
        ),
        (
            (
                f"<w:tbl><w:tr>{cell('a')}{cell('b', 'c')}</w:tr><w:tr>{cell('')}{cell('d')}</w:tr>"
                f"</w:tbl>{paragraph('after')}"
            ),
            "a\tb\nc\nd\n\nafter",
        ),
    ],
)
def test_a_word_document_reads_as_it_is_shown(body: str, text: str) -> None:
    assert read_word(body) == f"Head.\n\n{text}"


def test_what_stands_beside_the_text_of_a_word_document_follows_it() -> None:
    parts = {
        "header": paragraph("header"),
        "footer": paragraph("footer"),
        "footnotes": paragraph("a footnote"),
        "comments": paragraph("a comment"),
        "diagramData": "<a:p><a:r><a:t>a drawing</a:t></a:r></a:p>",
        "settings": paragraph("no text"),
    }
    expected = "Head.\n\na drawing\n\na footnote\n\na comment\n\nheader\n\nfooter"
    assert read_word("", parts) == expected


def test_the_same_header_on_other_pages_is_read_once() -> None:
    assert read_word("", {"header": paragraph("x"), "footer": paragraph("x")}) == "Head.\n\nx"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<text:p>a\n  <text:span>b</text:span>c</text:p>", "a bc"),
        ("<text:p>a<text:s/>b<text:tab/>c<text:line-break/>d</text:p>", "a b\tc\nd"),
        (
            "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes><text:p>a</text:p>",
            "a",
        ),
        (
            (
                "<text:p>a <text:note><text:note-citation>1</text:note-citation><text:note-body>"
                "<text:p>a note</text:p></text:note-body></text:note>sentence</text:p>"
            ),
            "a sentence\n\na note",
        ),
        (
            (
                "<text:p>a <office:annotation><dc:creator>Kim</dc:creator><dc:date>2024</dc:date>"
                "<text:p>a comment</text:p></office:annotation>sentence</text:p>"
            ),
            "a sentence\n\na comment",
        ),
        (
            (
                "<text:p>a <draw:frame><draw:text-box><text:p>box</text:p></draw:text-box>"
                "<svg:title>alt</svg:title></draw:frame>b</text:p>"
            ),
            "a b\n\nbox",
        ),
        (
            (
                "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>"
                "<table:table-cell><text:p>b</text:p></table:table-cell></table:table-row>"
                "<table:table-row><table:table-cell><text:p>c</text:p></table:table-cell>"
                "</table:table-row></table:table>"
            ),
            "a\tb\nc",
        ),
    ],
)
def test_an_open_document_reads_as_it_is_shown(body: str, text: str) -> None:
    assert read_open(body) == f"Head.\n\n{text}"


def test_headers_of_an_open_document_come_last() -> None:
    styles = "<style:header><text:p>header</text:p></style:header>"
    assert read_open("<text:p>Text.</text:p>", styles) == "Head.\n\nText.\n\nheader"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no office document: an empty file"),
        (b"<html>Log in", "no office document: a web page"),
        (b"%PDF-1.7", "no office document: a PDF"),
        (OLE + b"WordDocument", "an old Word document (.doc); open it in Word"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"PK\x03\x04 and no more", "a damaged office document (BadZipFile"),
        (archive({"a.txt": "x"}), "an archive, not a document"),
        (archive({"[Content_Types].xml": "x"}), "no text document but a workbook or slides"),
        (odt("", extra={"mimetype": "a.opendocument.spreadsheet"}), "no text document but"),
        (odt("", extra={"META-INF/manifest.xml": "<encryption-data/>"}), "protected by a password"),
        (docx("<w:p>"), "a damaged office document (ExpatError"),
        (docx("", extra={"word/document.xml": LAUGHS}), "declares entities"),
        (odt("", extra={"meta.xml": LAUGHS}), "declares entities"),
    ],
)
def test_what_is_no_readable_document_is_told_in_words(content: bytes, why: str) -> None:
    assert why_not(content).startswith(why)


@pytest.mark.parametrize("content", [b"", OLE, b"{\\rtf1}"])
def test_a_doc_file_is_refused_with_what_to_do(content: bytes) -> None:
    assert "save it as .docx" in why_not(content, ".doc")


def test_an_archive_of_too_many_files_is_refused() -> None:
    many = {f"{number}": "" for number in range(10_001)}
    assert why_not(archive(many)).startswith("an archive of 10001 files")


def test_members_locked_or_packed_otherwise_are_refused() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("[Content_Types].xml", "<x/>")
        packed.writestr("_rels/.rels", "<x/>")
    assert why_not(written.getvalue()).startswith("packed in a way that no office program does")
    # The flag stands six bytes into the local header, eight into the central one.
    locked = bytearray(WORD)
    at = locked.rindex(b"PK\x01\x02", 0, locked.rindex(b"_rels/.rels"))
    locked[at + 8] |= 1
    assert why_not(bytes(locked)).startswith("protected by a password")


async def test_a_zip_bomb_is_refused_within_the_limits(sandbox: Sandbox) -> None:
    body = "<w:p><w:r><w:t>" + "a" * 300_000_000 + "</w:t></w:r></w:p>"
    with pytest.raises(NotReadableError, match="unpacks to more than 64 MB"):
        await sandbox.run(extract, docx(body), ".docx")


@pytest.mark.parametrize("element", ["w:tbl", "w:txbxContent", "w:tc", "w:unknown"])
async def test_deep_nesting_is_read_whole_in_time(sandbox: Sandbox, element: str) -> None:
    body = f"<{element}>" * 10_000 + paragraph("kept") + f"</{element}>" * 10_000
    page = await sandbox.run(extract, docx(body), ".docx")
    assert (page.title, page.text) in {("kept", ""), (None, "kept")}


@pytest.mark.parametrize("content", [WORD, OPEN], ids=["docx", "odt"])
def test_a_document_cut_off_anywhere_is_refused(content: bytes) -> None:
    for at in range(0, len(content) - 22, len(content) // 20):
        assert why_not(content[:at])


@settings(max_examples=200, deadline=None)
@given(damaged(WORD) | damaged(OPEN))
def test_damaged_in_any_place_it_is_an_extract_or_refused(content: bytes) -> None:
    assert is_sound(outcome(content, ".docx"))


@settings(max_examples=200, deadline=None)
@given(damaged(RAW))
def test_any_xml_is_an_extract_or_refused(xml: bytes) -> None:
    assert is_sound(outcome(docx("", extra={"word/document.xml": xml}), ".docx"))
