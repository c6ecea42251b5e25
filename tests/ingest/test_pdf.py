from io import BytesIO

import pytest
from hypothesis import given, settings
from pypdf import PdfWriter

from tests.ingest.papers import damaged, is_sound, outcome, pdf, stream
from watch.errors import NotReadableError
from watch.ingest.extract import Extract, extract
from watch.ingest.extract.pdf import MAX_PAGES, mend_hyphens
from watch.ingest.sandbox import Sandbox

PAPER = pdf(
    ["Three trains at the border", "The cars held suicide drones."],
    ["북한이 미사일을 쐈다.", "朝鲜发射导弹。", "Поезда пересекли мост."],
)


def read(content: bytes) -> Extract:
    return extract(content, ".pdf")


def why_not(content: bytes) -> str:
    with pytest.raises(NotReadableError) as caught:
        read(content)
    return str(caught.value)


def locked(user_password: str, algorithm: str = "AES-256") -> bytes:
    writer = PdfWriter(clone_from=BytesIO(PAPER))
    writer.encrypt(user_password, "owner", algorithm=algorithm)
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def test_the_lines_of_every_page_are_read_in_any_script() -> None:
    assert read(PAPER) == Extract(
        title="Three trains at the border",
        text="Three trains at the border\nThe cars held suicide drones.\n\n"
        "북한이 미사일을 쐈다.\n朝鲜发射导弹。\nПоезда пересекли мост.",
    )


@pytest.mark.parametrize("line", ["צעדה של שלום", "إطلاق صاروخ جديد"])
def test_what_is_drawn_from_right_to_left_is_read_as_it_is_spoken(line: str) -> None:
    drawn = line[::-1]
    assert line in read(pdf([drawn])).text.split("\n")[0]


@pytest.mark.parametrize(
    ("declared", "title"),
    [
        ("Ein großer Tag", "Ein großer Tag"),
        ("미사일 보고서", "미사일 보고서"),
        ("Microsoft Word - report.docx", "First line"),
        ("Untitled 1", "First line"),
        ("제목 없음", "First line"),
        ("scan0001.pdf", "First line"),
        ("2024-01-01", "First line"),
        (" ", "First line"),
    ],
)
def test_the_title_is_the_declared_one_if_a_person_wrote_it(declared: str, title: str) -> None:
    page = read(pdf(["First line", "Text."], title=declared))
    assert (page.title, page.text) == (title, "First line\nText.")


def test_a_first_line_that_is_no_title_makes_none() -> None:
    assert read(pdf(["A sentence.", "Another."])).title is None


def test_the_language_is_the_declared_one() -> None:
    assert read(pdf(["Ein Tag"], language="de-AT")).language == "de"
    assert read(pdf(["Ein Tag"], language="123")).language is None


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("a loiter-\ning munition", "a loitering munition"),
        ("a loiter-\n   ing munition", "a loitering munition"),
        ("a loiter\u2010\n\ning munition", "a loitering munition"),
        ("a loiter\u00ad\ning munition", "a loitering munition"),
        ("die Rake-\nten flogen", "die Raketen flogen"),
        ("запус-\nтили ракету", "запустили ракету"),
        ("the North-\nSouth road", "the North-\nSouth road"),
        ("the MiG-\n29 landed", "the MiG-\n29 landed"),
        ("one - \ntwo and -\nthree", "one - \ntwo and -\nthree"),
        ("suicide-\ndrones; suicide-drones", "suicide-\ndrones; suicide-drones"),
        ("suicide-\ndrones: drones for suicide", "suicide-\ndrones: drones for suicide"),
        ("in-\nform them in form; inform", "inform them in form; inform"),
        ("Kim Jong-\nun said", "Kim Jong-\nun said"),
        ("Kim Jong-\nun said that Jongun", "Kim Jongun said that Jongun"),
        ("The Commis-\nsion", "The Commission"),
        ("שלום-\nעולם", "שלום-\nעולם"),
        ("no hyphen", "no hyphen"),
    ],
)
def test_a_word_that_a_hyphen_breaks_is_made_whole_unless_the_hyphen_is_its_own(
    broken: str, mended: str
) -> None:
    assert mend_hyphens(broken) == mended


@pytest.mark.parametrize("text", ["朝" * 200_000, "a " * 100_000, "a-\n" * 50_000, "a\n" * 100_000])
async def test_hyphens_are_mended_in_time_in_any_text(sandbox: Sandbox, text: str) -> None:
    assert len(await sandbox.run(mend_hyphens, text)) >= len(text) // 3


def test_words_broken_at_the_end_of_a_line_or_page_are_mended() -> None:
    page = read(pdf(["They saw a loiter-", "ing munition and hyper-"], ["sonic missiles."]))
    assert page.text == "They saw a loitering munition and hypersonic missiles."


def test_fields_and_notes_are_read_with_their_page() -> None:
    annotations = (
        "<< /Subtype /FreeText /Contents (a note) >> << /Subtype /Widget /V (filled in) >> "
        "<< /Subtype /Widget /V /Off >> << /Subtype /Link /Contents (a link) >> 99 0 R 1"
    )
    page = read(pdf(["A form.", "Name:"], annotations=annotations))
    assert page.text == "A form.\nName:\n\na note\nfilled in"


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_password_is_asked_for_in_words(algorithm: str) -> None:
    assert why_not(locked("secret", algorithm)) == "protected by a password; save it without one"


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_what_opens_without_a_password_is_read(algorithm: str) -> None:
    assert read(locked("", algorithm)) == read(PAPER)


def test_a_scan_is_refused_by_that_name() -> None:
    assert why_not(pdf([], [], picture=True)).startswith("no text in it: its pages are pictures")


def test_empty_pages_are_refused() -> None:
    assert why_not(pdf([], [])).startswith("no text in it: its pages are empty")


def test_pages_that_are_pictures_among_others_are_named() -> None:
    page = read(pdf([], ["A text."], [], [], ["More."], [], picture=True))
    assert page.text == "A text.\n\nMore."
    assert page.unread == ("pictures without text: page 1, 3-4, 6",)


def test_letters_that_cannot_be_told_are_no_text() -> None:
    assert why_not(pdf(["A text in a font"], says_letters=False)).startswith("its fonts do not say")


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><title>Log in</title>", "a web page"),
        (b"PK\x03\x04", "an office document or a zip archive"),
        (b"just text", "something else"),
    ],
)
def test_what_is_no_pdf_is_told_by_what_it_looks_like(content: bytes, looks: str) -> None:
    assert why_not(content) == f"no PDF: {looks}; name it as what it is"


def test_a_pdf_whose_last_edit_lacks_its_end_is_flagged() -> None:
    page = read(PAPER + b"11 0 obj\n" + b" " * 2_000)
    assert page.unread == ("its end is missing: the file may be cut off",)
    assert "suicide drones" in page.text


def test_a_pdf_cut_off_anywhere_is_refused_or_flagged() -> None:
    whole = read(PAPER)
    for at in range(0, len(PAPER) - 8, len(PAPER) // 20):
        try:
            page = read(PAPER[:at])
        except NotReadableError:
            continue
        assert page.unread
        assert len(page.text) <= len(whole.text)


@pytest.mark.parametrize(
    ("sound", "broken"),
    [
        (b"/Contents 11 0 R", b"/Contents 77 0 R"),
        (b"/Annots []", b"/Annots [<< /Subtype /Widget /Parent 5 >>]"),
        (b"/Resources << ", b"/Resources 5 /Y << "),
    ],
)
def test_a_page_that_is_damaged_is_named_and_the_others_are_read(
    sound: bytes, broken: bytes
) -> None:
    page = read(pdf(["First."], ["Second."]).replace(sound, broken, 1))
    assert page.text.endswith("Second.")
    assert page.unread == ("damaged, some text may be missing: page 1",)


def test_a_page_whose_stream_is_damaged_is_named() -> None:
    content = bytearray(pdf(["First."], ["Second."]))
    content[content.index(b"stream\n", content.index(b"\n11 0 obj")) + 20] ^= 0x55
    page = read(bytes(content))
    assert page == Extract(text="Second.", unread=("damaged, some text may be missing: page 1",))


def test_a_pdf_of_which_every_page_is_damaged_is_refused() -> None:
    torn = pdf(["First."]).replace(b"/Contents 11 0 R", b"/Contents 77 0 R")
    assert why_not(torn) == "a damaged PDF: no page of it can be read; save it anew"


def test_a_pdf_of_too_many_pages_is_refused() -> None:
    many = pdf(["x"]).replace(b"/Kids [10 0 R]", b"/Kids [%s]" % (b"10 0 R " * (MAX_PAGES + 1)))
    assert why_not(many) == f"{MAX_PAGES + 1} pages; split it into parts of {MAX_PAGES} at most"


async def test_a_stream_that_unpacks_to_gigabytes_is_refused_within_the_limits(
    sandbox: Sandbox,
) -> None:
    bomb = pdf(["x"]).replace(b"/Contents 11 0 R", b"/Contents 90 0 R")
    packed = b"90 0 obj\n" + stream(b"BT " + b" " * 200_000_000 + b"ET") + b"\nendobj\n"
    with pytest.raises(NotReadableError, match=r"^(a damaged PDF|no text in it)"):
        await sandbox.run(extract, bomb.replace(b"xref\n0 1", packed + b"xref\n0 1"), ".pdf")


def test_nothing_of_a_damaged_pdf_is_logged(capfd: pytest.CaptureFixture[str]) -> None:
    read(PAPER.replace(b"startxref\n", b"startxref\n1"))
    assert capfd.readouterr() == ("", "")


@settings(max_examples=200, deadline=None)
@given(damaged(PAPER))
def test_damaged_in_any_place_it_is_an_extract_or_refused(content: bytes) -> None:
    assert is_sound(outcome(content, ".pdf"))
