import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watch.notify.setting import COLUMNS, counted, fill, width


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("한글", 4), ("漢字、", 6), ("e\u0301", 1), ("a\u200db", 2), ("", 0), ("ไทยที่", 4)],
)
def test_width_is_what_a_terminal_shows(text: str, columns: int) -> None:
    assert width(text) == columns


def test_lines_break_at_spaces_and_are_indented() -> None:
    assert fill("one two three four", "> ", "  ", 11) == "> one two\n  three\n  four"
    assert fill("one  two\nthree", columns=9) == "one two\nthree"
    assert fill("one two", "* ", columns=5) == "* one\n* two"
    assert fill("", "> ") == ">"


def test_what_is_counted_stands_in_the_singular_or_the_plural() -> None:
    assert counted(1, "story", "stories") == "1 story"
    assert counted(0, "story", "stories") == "0 stories"
    assert counted(1_200, "document") == "1,200 documents"


def test_a_url_stays_whole_on_a_line_of_its_own() -> None:
    url = "https://example.org/" + "a" * 100
    assert fill(f"See {url} for more.").splitlines() == ["See", url, "for more."]


def test_korean_breaks_at_spaces_only() -> None:
    assert fill("북한이 자폭 드론을", columns=11) == "북한이 자폭\n드론을"


def test_chinese_breaks_anywhere_but_before_what_closes() -> None:
    assert fill("北韓正準備，更多", columns=10) == "北韓正準\n備，更多"
    assert fill("他說「好」了", columns=6) == "他說\n「好」\n了"


def test_a_marked_word_keeps_its_marks() -> None:
    for columns in range(8, 20):
        lines = fill("北韓*無人機*來了，*無人機*", columns=columns).splitlines()
        assert "".join(lines) == "北韓*無人機*來了，*無人機*"
        assert not any(line.startswith("*來") or line.endswith("韓*") for line in lines)
        assert "*" not in lines


def test_thai_breaks_between_graphemes() -> None:
    lines = fill("กองทัพเกาหลีใต้กล่าวว่าเกาหลีเหนือกำลังเตรียมส่ง", columns=20).splitlines()
    assert len(lines) > 1
    assert all(width(line) <= 20 for line in lines)


WORDS = st.lists(st.sampled_from(["a", "word", "북한이", "漢字。", "「かな」", "คน", "*x*", "-"]))


@settings(deadline=None)
@given(WORDS.map(" ".join), st.integers(12, COLUMNS))
def test_no_line_is_too_long_and_no_character_lost(text: str, columns: int) -> None:
    filled = fill(text, "  ", "    ", columns)
    assert "".join(filled.split()) == "".join(text.split())
    assert all(width(line) <= columns for line in filled.splitlines())
    assert all(line == line.rstrip() for line in filled.splitlines())
