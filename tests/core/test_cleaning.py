import unicodedata

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile import acting
from watch.core.cleaning import clean, clean_lines, clip, masked

ANY = st.text(st.characters(exclude_categories=()))
"""Lone surrogates too."""


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\r\nBcc: b", "a Bcc: b"),
        ("a\u2028b\u2029c\x85d\x0be\x0cf\x1cg", "a b c d e f g"),
        ("\x1b]0;title\x07 \x1b[31mred", "]0;title [31mred"),
        ("nul\x00del\x7fcsi\x9b", "nuldelcsi"),
        ("\u202eevil\u202c \u2066isolated\u2069", "evil isolated"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("a \t\u00a0\u3000 b", "a b"),
        (" kept at both ends ", " kept at both ends "),
        ("می‌خواهم \u200fא", "می‌خواهم \u200fא"),
        ("👩‍👩‍👧 ok", "👩‍👩‍👧 ok"),
        ("<b>markup is text</b>", "<b>markup is text</b>"),
    ],
)
def test_only_what_acts_goes(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@settings(deadline=None)
@given(ANY)
def test_what_is_clean_is_one_line_that_any_encoding_takes(text: str) -> None:
    cleaned = clean(text)
    assert len(f"({cleaned})".splitlines()) == 1
    assert cleaned.encode().decode() == cleaned
    assert not {"Cc", "Cs"} & {unicodedata.category(character) for character in cleaned}
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "most", "clipped"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("two words", 5, "two…"),
        ("e\u0301" * 3, 5, "e\u0301e\u0301…"),
        ("e\u0301" * 3, 4, "e\u0301…"),
        ("👩‍👩‍👧👩‍👩‍👧", 6, "👩‍👩‍👧…"),
        ("👩‍👩‍👧👩‍👩‍👧", 5, "…"),
        ("abc", 1, "…"),
    ],
)
def test_a_clip_ends_between_graphemes(text: str, most: int, clipped: str) -> None:
    assert clip(text, most) == clipped


@settings(deadline=None)
@given(ANY, st.integers(1, 20))
def test_a_clip_is_never_longer_than_it_may_be(text: str, most: int) -> None:
    clipped = clip(text, most)
    assert len(clipped) <= most
    if clipped != text:
        whole = regex.findall(r"\X", text)
        kept = clipped.removesuffix("…")
        assert any("".join(whole[:count]).rstrip() == kept for count in range(len(whole)))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:secret@x.example/a", "https://x.example/a"),
        ("https://x.example/a?api_key=s&page=2#t", "https://x.example/a?api_key=***&page=2#t"),
        (
            "https://x.example/?p=1&amp;AuthToken=s;x=y",
            "https://x.example/?p=1&amp;AuthToken=***;x=y",
        ),
        ("https://x.example/a@b?q=token", "https://x.example/a@b?q=token"),
        ("/var/inbox", "/var/inbox"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret_in_it(url: str, shown: str) -> None:
    assert masked(url) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\n  c\x1b[2J", "a\tb\n  c\ufffd[2J"),
        ("one\r\ntwo\u2028three", "one \ntwo three"),
        ("\u202eevil\ud800", "\ufffdevil\ufffd"),
    ],
)
def test_what_is_laid_out_stays_so_and_does_nothing(text: str, shown: str) -> None:
    assert clean_lines(text) == shown


@given(ANY)
def test_no_text_acts_on_a_terminal_or_moves_what_stands_below_it(text: str) -> None:
    assert not acting(clean_lines(text))
    assert [len(line) for line in clean_lines(text).split("\n")] == [
        len(line) for line in text.split("\n")
    ]
