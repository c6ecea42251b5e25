import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watch.core.rules.faults import TermError
from watch.core.rules.patterns import Patterns, check_pattern


@pytest.mark.parametrize(
    ("typed", "spot", "text"),
    [
        ("//", "//", "an empty pattern"),
        ("/ /", "/ /", "an empty pattern"),
        ("/a/b/", "/", "the pattern ends here"),
        ("/(북한/", "/(북한/", "a parenthesis is not closed"),
        ("/북한)/", ")", "nothing opens this parenthesis"),
        ("/[a-/", "[", "a bracket is not closed"),
        ("/[z-a]/", "z-a", "no such class or range of characters"),
        (r"/\p{Korea}/", r"\p{Korea}", "no such class or range of characters"),
        ("/*a/", "*", "nothing stands before it to be repeated"),
        ("/a**/", "**", "one repetition right behind another"),
        ("/a{1001}/", "{1001}", "a repetition runs upwards to 1,000 at most"),
        ("/x(?=a)/", "(?=", "RE2 does not look ahead"),
        ("/x(?!a)/", "(?!", "RE2 does not look ahead"),
        ("/x(?<!a)/", "(?<!", "RE2 does not look behind"),
        ("/(?>a)/", "(?>", "RE2 does not know this group"),
        ("/(?P<a/", "(?P<a", "no proper name of a group"),
        (r"/(a)\1/", r"\1", "RE2 does not know this escape, nor references to groups"),
        (r"/a\Z/", r"\Z", "RE2 does not know this escape"),
        ("/a\\/", "\\", "a backslash with nothing behind it"),
        (r"/\pL{1,1000}/", r"/\pL{1,1000}/", "the pattern is too large"),
        (r"/a\C/", r"\C", "is a byte, not a letter"),
    ],
)
def test_what_re2_refuses_is_told_with_its_spot_and_a_remedy(
    typed: str, spot: str, text: str
) -> None:
    with pytest.raises(TermError, match=re.escape(text)) as raised:
        check_pattern(typed)
    assert typed[raised.value.start : raised.value.end] == spot
    assert raised.value.remedy


def test_patterns_are_found_with_places_in_characters() -> None:
    patterns = Patterns([r"/YJ-?[0-9]{2}/", "/북./", "/x*/", "/(?i)kim/", r"/a\/b/"])
    text = "북한 é YJ-21 YJ18 xx KIM a/b \ud800북"
    found = [(index, text[start:end]) for index, start, end in patterns.spans(text)]
    assert found == [(0, "YJ-21"), (0, "YJ18"), (1, "북한"), (2, "xx"), (3, "KIM"), (4, "a/b")]


def test_no_patterns_find_nothing() -> None:
    assert list(Patterns([]).spans("text")) == []


def test_patterns_too_large_for_the_set_are_found_all_the_same() -> None:
    wide = [rf"/x{number}\pL{{2,90}}/" for number in range(8)]
    patterns = Patterns([*wide, "/abc/"])
    assert patterns._apart
    assert list(patterns.spans("abc x3abc")) == [(3, 4, 9), (8, 0, 3), (8, 6, 9)]


def test_a_thousand_patterns_are_told_apart() -> None:
    patterns = Patterns([f"/K{number}-[0-9]+/" for number in range(1_000)])
    assert list(patterns.spans("K7-1, K999-22")) == [(7, 0, 4), (999, 6, 13)]


@given(st.text(alphabet="ab북é \n", max_size=30))
def test_places_are_those_of_the_standard_library(text: str) -> None:
    bodies = ["a+b?", "북|é", "[ab]é*", "(?s:b.)"]
    wanted = [
        (index, *match.span())
        for index, body in enumerate(bodies)
        for match in re.finditer(body, text)
    ]
    assert list(Patterns([f"/{body}/" for body in bodies]).spans(text)) == wanted
