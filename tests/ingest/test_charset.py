import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.test_language import SENTENCES
from watch.errors import NotReadableError
from watch.ingest.extract.charset import SAMPLE_LENGTH, declared_charset, decode, refuse_binary

CHARSETS = [
    ("ar", "cp1256"),
    ("cs", "cp1250"),
    ("de", "cp1252"),
    ("el", "cp1253"),
    ("es", "cp1252"),
    ("fr", "cp1252"),
    ("he", "cp1255"),
    ("hu", "cp1250"),
    ("ja", "cp932"),
    ("ja", "iso2022_jp"),
    ("ko", "cp949"),
    ("pl", "cp1250"),
    ("pt", "cp1252"),
    ("ru", "cp1251"),
    ("ru", "cp866"),
    ("ru", "koi8-r"),
    ("sv", "cp1252"),
    ("th", "cp874"),
    ("tr", "cp1254"),
    ("uk", "cp1251"),
    ("zh", "gb18030"),
]


@pytest.mark.parametrize(("language", "charset"), CHARSETS)
def test_a_sentence_in_an_old_charset_is_read_right_without_being_told(
    language: str, charset: str
) -> None:
    content = SENTENCES[language].encode(charset)
    assert decode(content) == SENTENCES[language]


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("language", SENTENCES)
def test_unicode_is_told_by_its_mark_or_by_itself(language: str, charset: str) -> None:
    # Without a mark, a tag at the beginning shows how wide a character is.
    text = f"<p>{SENTENCES[language]}"
    assert decode(text.encode(charset)) == text


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("euc-kr", "cp949"),
        ("ks_c_5601-1987", "cp949"),
        ("windows-949", "cp949"),
        ("GB2312", "gb18030"),
        ("x-gbk", "gb18030"),
        ("big5", "big5hkscs"),
        ("Shift_JIS", "cp932"),
        ("x-sjis", "cp932"),
        ("windows-31j", "cp932"),
        ("euc-jp", "euc_jp"),
        ("latin1", "cp1252"),
        ("us-ascii", "cp1252"),
        ("ISO-8859-1", "cp1252"),
        ("iso-8859-9", "cp1254"),
        ("tis-620", "cp874"),
        ("windows-874", "cp874"),
        ("iso-8859-8-i", "iso8859-8"),
        ("windows-1251", "cp1251"),
        ("KOI8-U", "koi8-u"),
        ("x-mac-cyrillic", "mac-cyrillic"),
    ],
)
def test_a_label_means_what_is_sent_under_it(label: str, codec: str) -> None:
    upper = bytes(range(0xA1, 0xFF))
    sample = upper.decode(codec, "ignore") or "a"
    assert decode(sample.encode(codec), declared=(label,)) == sample


@pytest.mark.parametrize(
    "label",
    [
        "unicode_escape",
        "raw_unicode_escape",
        "utf-7",
        "idna",
        "punycode",
        "zlib",
        "hex",
        "rot13",
        "cp037",
        "utf-16",
        "undefined",
        "no such thing",
        "a\0b",
        "",
        "é",
        "x" * 1000,
        None,
    ],
)
def test_a_label_that_no_text_comes_under_is_as_if_it_were_not_there(label: str | None) -> None:
    text = r"a\x3cb +ADw- naïve"
    assert decode(text.encode(), declared=(label,)) == text


def test_the_first_label_that_fits_is_taken() -> None:
    content = SENTENCES["ko"].encode("cp949")
    assert decode(content, declared=("nonsense", "utf-8", "euc-kr")) == SENTENCES["ko"]


def test_a_wrong_label_under_which_all_bytes_are_text_does_not_spoil_utf_8() -> None:
    for label in ("iso-8859-1", "windows-1251", "koi8-r"):
        assert decode(SENTENCES["ru"].encode(), declared=(label,)) == SENTENCES["ru"]


def test_one_broken_character_does_not_spoil_the_rest() -> None:
    text = SENTENCES["ru"]
    assert decode(text.encode()[:-2]) == text[:-2] + "\ufffd"
    assert decode(SENTENCES["ko"].encode("cp949") + b"\xff", declared=("euc-kr",)) == (
        SENTENCES["ko"] + "\ufffd"
    )


def test_bytes_that_are_no_text_at_all_are_read_as_something() -> None:
    assert decode(b"\x81\x8d\x8f\x90\x9d")


def test_a_long_text_is_judged_by_its_beginning_cut_between_words() -> None:
    text = (SENTENCES["ko"] + " ") * (SAMPLE_LENGTH // 50)
    assert len(text.encode("cp949")) > SAMPLE_LENGTH
    assert decode(text.encode("cp949")) == text


def test_a_long_text_without_a_space_is_read_all_the_same() -> None:
    text = SENTENCES["ja"] * 4000
    assert decode(text.encode("cp932")) == text


@given(st.binary(max_size=300), st.lists(st.text(max_size=12), max_size=2))
def test_any_bytes_become_text(content: bytes, declared: list[str]) -> None:
    assert isinstance(decode(content, declared=declared), str)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_utf_8_comes_back_as_it_was(text: str) -> None:
    if not text.startswith(("\ufeff", "<\0", "\0<")) and "\x1b$" not in text:
        assert decode(text.encode()) == text


@pytest.mark.parametrize(
    ("head", "label"),
    [
        (b'<meta charset="euc-kr">', "euc-kr"),
        (b"<META CharSet=koi8-r>", "koi8-r"),
        (
            b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
            "windows-1251",
        ),
        (b"<?xml version='1.0' encoding='gb2312'?>", "gb2312"),
        (b"<meta name=x><meta\ncharset='utf-8'>", "utf-8"),
        (b"<p>charset=utf-8</p>", None),
        (b" " * 4096 + b"<meta charset=utf-8>", None),
        (b"", None),
    ],
)
def test_a_documents_own_label_is_found_at_its_head(head: bytes, label: str | None) -> None:
    assert declared_charset(head) == label


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        (b"%PDF-1.7 and so on", "a PDF"),
        (b"PK\x03\x04\x14\0", "an office document or a zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document"),
        (b"{\\rtf1\\ansi", "an RTF document"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"GIF89a", "a GIF image"),
        (b"\x7fELF\x02", "a program"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"text and \0 more text", "binary data"),
        (b"\xef\xbb\xbftext and \0 more text", "binary data"),
        (bytes(range(1, 256)) * 2, "binary data"),
    ],
)
def test_bytes_that_are_no_text_are_refused_by_what_they_look_like(
    content: bytes, looks: str
) -> None:
    with pytest.raises(NotReadableError) as caught:
        refuse_binary(content)
    assert str(caught.value) == (
        f"not text: looks like {looks}; rename it or take it out of the folder"
    )


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"plain", "plain"),
        (b"\tcolumns\fpages\x0b\r\n", "\tcolumns\fpages\x0b\r\n"),
        (b"\x1b[1mbold\x1b[0m in a terminal", "\x1b[1mbold\x1b[0m in a terminal"),
        ("한국어".encode("utf-16"), "한국어"),
        ("русский".encode("utf-32"), "русский"),
        ("日本語".encode("iso2022_jp"), "日本語"),
        (SENTENCES["zh"].encode("gb18030"), SENTENCES["zh"]),
        (b"a lone \x01 control among letters " + b"x" * 100, None),
    ],
)
def test_text_in_any_charset_is_not_refused(content: bytes, text: str | None) -> None:
    refuse_binary(content)
    assert text in {None, decode(content)}
