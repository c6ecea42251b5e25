import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.test_language import SENTENCES
from watch.errors import NotReadableError
from watch.ingest.extract import PLAIN_SUFFIXES, SUFFIXES, Extract, extract, read_at_once
from watch.ingest.extract.charset import SAMPLE_LENGTH
from watch.ingest.extract.readers import READERS
from watch.ingest.extract.text import one_line, split_title, tidy
from watch.ingest.sandbox import Sandbox

LONG = "x" * 201


def read(text: str, suffix: str) -> Extract:
    return extract(text.encode(), suffix)


TEXTS = (".txt", ".text", ".md", ".markdown", ".html", ".htm")


def test_what_is_looked_into_is_said() -> None:
    assert {*TEXTS, ".eml", ".pdf", ".docx", ".docm", ".odt", ".doc"} == SUFFIXES


@pytest.mark.parametrize("suffix", TEXTS)
def test_an_empty_file_is_an_empty_text(suffix: str) -> None:
    assert extract(b"", suffix) == Extract(text="")
    assert extract(b"\xef\xbb\xbf\r\n \r\n", suffix) == Extract(text="")


@pytest.mark.parametrize("suffix", sorted(SUFFIXES - {*TEXTS}))
def test_an_empty_file_of_another_kind_is_refused(suffix: str) -> None:
    with pytest.raises(NotReadableError):
        extract(b"", suffix)


@pytest.mark.parametrize("suffix", TEXTS)
def test_bytes_that_are_no_text_are_refused_whatever_their_suffix(suffix: str) -> None:
    with pytest.raises(NotReadableError, match="looks like a PDF"):
        extract(b"%PDF-1.4 " + b"x" * 100, suffix.upper())


@pytest.mark.parametrize(("suffix", "named"), [(".xls", ".xls"), ("", "a file without a suffix")])
def test_a_suffix_that_is_not_supported_is_refused(suffix: str, named: str) -> None:
    with pytest.raises(NotReadableError) as caught:
        extract(b"text", suffix)
    assert str(caught.value) == (
        f"no way to read {named}: "
        "use .docm .docx .eml .htm .html .markdown .md .odt .pdf .text .txt"
    )


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("Headline\n\nText.", Extract(title="Headline", text="Text.")),
        ("\n \nHeadline \r\nText.\r\n", Extract(title="Headline", text="Text.")),
        ("Only a line", Extract(title="Only a line", text="")),
        ("A sentence.\nAnother.", Extract(text="A sentence.\nAnother.")),
        ("북한이 미사일을 쐈다.\n다음", Extract(text="북한이 미사일을 쐈다.\n다음")),
        ("朝鲜发射导弹。\n外电", Extract(text="朝鲜发射导弹。\n外电")),
        ("यह एक वाक्य है।\nदूसरा", Extract(text="यह एक वाक्य है।\nदूसरा")),
        ("یہ ایک جملہ ہے۔\nدوسرا", Extract(text="یہ ایک جملہ ہے۔\nدوسرا")),
        ("朝鲜发射导弹\n外电。", Extract(title="朝鲜发射导弹", text="外电。")),
        ("صاروخ جديد\nالنص", Extract(title="صاروخ جديد", text="النص")),
        ("Is it?\nYes.", Extract(title="Is it?", text="Yes.")),
        ("A\ttab  and\u00a0spaces\nText", Extract(title="A tab and spaces", text="Text")),
        (f"{LONG}\nText", Extract(text=f"{LONG}\nText")),
        (f"{LONG[1:]}\nText", Extract(title=LONG[1:], text="Text")),
        ("-----\nText", Extract(text="-----\nText")),
        ("Head\n\n\n  indented\n\n", Extract(title="Head", text="  indented")),
        ("one\rtwo\r\nthree\nfour", Extract(title="one", text="two\nthree\nfour")),
    ],
)
def test_the_first_line_of_a_text_is_its_title_if_it_reads_like_one(
    text: str, page: Extract
) -> None:
    assert read(text, ".txt") == page


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("# Headline\n\nText", Extract(title="Headline", text="Text")),
        ("Headline\n========\n\nText", Extract(title="Headline", text="Text")),
        ("A **suicide** _drone_ hit.", Extract(text="A suicide drone hit.")),
        ("A suicide\ndrone hit.", Extract(text="A suicide drone hit.")),
        ("A `code`.  \nLine.", Extract(text="A code.\nLine.")),
        ("[a link](http://x/) and ![a picture](y.png).", Extract(text="a link and .")),
        ("- one\n- two.", Extract(title="one", text="two.")),
        ("| a | b |\n|---|---|\n| 1 | 2 |", Extract(title="a b", text="1\t2")),
        ("A.\n\n```\nif x:\n    y\n```", Extract(text="A.\n\nif x:\n    y")),
        ("A &amp; B <b>c</b>.", Extract(text="A & B c.")),
        ("A.<!-- hidden -->\n\n<div>B.</div>", Extract(text="A.\n\nB.")),
    ],
)
def test_markdown_reads_as_it_is_rendered(text: str, page: Extract) -> None:
    assert read(text, ".md") == page


@pytest.mark.parametrize(
    ("matter", "page"),
    [
        ("title: Headline\nlang: ko-KR", Extract(title="Headline", text="Text", language="ko")),
        ('Title: "One: two"\nlanguage: en', Extract(title="One: two", text="Text", language="en")),
        ("title: 'Headline'", Extract(title="Headline", text="Text")),
        ("title: Headline # a comment", Extract(title="Headline", text="Text")),
        ("title: >\n  folded", Extract(title="Text", text="")),
        ("tags: [a, b]\nlist:\n- a\n# c\n\nnext: {\n  a: b\n}", Extract(title="Text", text="")),
        ("", Extract(title="Text", text="")),
    ],
)
def test_what_stands_before_a_document_is_not_its_text(matter: str, page: Extract) -> None:
    assert read(f"---\n{matter}\n---\nText", ".md") == page
    assert read(f"---\r\n{matter}\r\n...\r\nText", ".markdown") == page


@pytest.mark.parametrize(
    "text",
    ["---\nno end: of it\n\nText", "---\nA sentence here\n---\nText", "----\ntitle: x\n---\nText"],
)
def test_a_rule_of_dashes_hides_nothing(text: str) -> None:
    page = read(text, ".md")
    words = f"{page.title} {page.text}".split()
    assert set(text.replace("-", " ").split()) <= set(words)


def test_a_page_in_an_old_charset_says_which() -> None:
    page = f"<html lang=ru><meta charset=koi8-r><title>Т</title><p>{SENTENCES['ru']}"
    assert extract(page.encode("koi8-r"), ".html") == Extract(
        title="Т", text=SENTENCES["ru"], language="ru"
    )


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "cp949"])
def test_a_text_in_any_charset_is_read(charset: str) -> None:
    content = f"제목\n\n{SENTENCES['ko']}".encode(charset)
    assert extract(content, ".txt") == Extract(title="제목", text=SENTENCES["ko"])


@given(st.text(max_size=100))
def test_tidy_text_can_be_stored_and_has_plain_lines(text: str) -> None:
    tidied = tidy(text)
    tidied.encode()
    assert "\r" not in tidied
    assert "\0" not in tidied
    assert tidied == tidy(tidied)
    assert [char for char in tidied if char.isalnum()] == [char for char in text if char.isalnum()]


@given(st.text(max_size=100))
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@given(st.text(max_size=100))
def test_a_split_title_loses_nothing(text: str) -> None:
    page = split_title(tidy(text))
    assert f"{page.title or ''} {page.text}".split() == text.replace("\0", "").split() or (
        "\ufffd" in page.text
    )


@given(st.binary(max_size=200), st.sampled_from(sorted(SUFFIXES)))
def test_any_bytes_are_a_text_or_refused(content: bytes, suffix: str) -> None:
    try:
        page = extract(content, suffix)
    except NotReadableError:
        return
    assert not {"\0", "\r"} & set(page.text)
    page.text.encode()


@pytest.mark.parametrize(
    "text",
    [
        "> " * 25 + "kept",
        "> " * 5_000 + "kept",
        "[" * 20_000 + " kept",
        "- x\n" * 20_000 + "\nkept",
        "*_`" * 5_000 + " kept",
    ],
    ids=["nested", "deep", "brackets", "items", "marks"],
)
async def test_hostile_markdown_is_read_whole_in_time(sandbox: Sandbox, text: str) -> None:
    page = await sandbox.run(extract, text.encode(), ".md")
    assert f"{page.title} {page.text}".split()[-1] == "kept"


async def test_a_refusal_leaves_the_sandbox_in_its_own_words(sandbox: Sandbox) -> None:
    with pytest.raises(NotReadableError, match="looks like a PDF"):
        await sandbox.run(extract, b"%PDF-1.7", ".txt")


PIECES = [
    b"Headline",
    b"A sentence.",
    b"\n",
    b"\r\n",
    b"\r",
    b" ",
    b"\t",
    b"\x0c",
    "북한".encode(),
    "naïve".encode("latin-1"),
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x00",
    b"\x1b$B",
    b"\x1b",
    b"\x7f",
    b"%PDF-",
    b"<html>",
    "\ufeff\u2028".encode(),
]


@given(st.lists(st.sampled_from(PIECES)).map(b"".join))
def test_what_is_read_at_once_is_what_the_sandbox_would_have_read(content: bytes) -> None:
    at_once = read_at_once(content)
    if at_once is not None:
        assert at_once == extract(content, ".txt")


@given(st.text(st.characters(exclude_categories=["C"]) | st.sampled_from("\n\t ")))
def test_every_sound_text_is_read_at_once(text: str) -> None:
    content = text.encode()
    if not content.startswith(b"%PDF-"):
        assert read_at_once(content) == extract(content, ".txt")


@pytest.mark.parametrize("shift", range(4))
def test_a_character_or_line_end_between_two_pieces_is_read_whole(shift: int) -> None:
    content = b"x" * (SAMPLE_LENGTH - 3 + shift) + "가\r\n".encode() * 2 + b"end"
    assert read_at_once(content) == extract(content, ".txt")
    content = b"x" * (SAMPLE_LENGTH - shift) + b"\r\n\r\nend"
    assert read_at_once(content) == extract(content, ".txt")


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7",
        b"\xff\xfea\0",
        b"\xef\xbb\xbfx",
        b"a\0b",
        b"\x1b$B",
        b"caf\xe9",
        b"x" * 99 + b"\xc3",
    ],
)
def test_what_must_be_guessed_or_refused_is_not_read_at_once(content: bytes) -> None:
    assert read_at_once(content) is None


def test_every_suffix_has_a_reader_and_no_other_has() -> None:
    assert set(READERS) == SUFFIXES
    assert len(READERS) == len(SUFFIXES)
    assert all(callable(READERS[suffix]) for suffix in SUFFIXES)
    assert PLAIN_SUFFIXES < SUFFIXES
    assert ".xls" not in READERS
