import pytest
from hypothesis import given
from hypothesis import strategies as st

from watch.core.rules.patterns import is_pattern
from watch.core.rules.terms import Case, Term, TermError, parse_term
from watch.core.words.segment import words


def _words(typed: str) -> list[str]:
    return [word.folded for word in parse_term(typed).words]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("self-propelled gun", ["self", "propelled", "gun"]),
        ("F-35", ["f", "35"]),
        ("=Geran", ["geran"]),
        ("자폭 드론", list("자폭드론")),
        ("дрон-камикадзе", ["дрон", "камикадзе"]),
        ("U.N. Security Council", ["un", "security", "council"]),
        ("Lloyd's of London", ["lloyd", "of", "london"]),
        ("9M729", ["9", "m", "729"]),
        ("㎜", ["mm"]),
    ],
)
def test_a_term_is_its_words(typed: str, words: list[str]) -> None:
    assert _words(typed) == words


@pytest.mark.parametrize(
    ("typed", "cases"),
    [
        ("ICBM", [Case.CAPITALS]),
        ("ICBMs", [Case.CAPITALS_AND_S]),
        ("F-35", [Case.CAPITALS, Case.FREE]),
        ("Kim Jong Un", [Case.CAPITAL, Case.FREE, Case.FREE]),
        ("iPhone", [Case.FREE]),
        ("Is", [Case.CAPITAL]),
        ("=Geran", [Case.CAPITAL]),
        ("U.S. forces", [Case.CAPITALS, Case.FREE]),
        ("ǅ", [Case.CAPITAL]),
        ("자폭", [Case.FREE, Case.FREE]),
        ("38 North", [Case.FREE, Case.FREE]),
    ],
)
def test_a_term_asks_for_the_capitals_it_is_typed_with(typed: str, cases: list[Case]) -> None:
    assert [word.case for word in parse_term(typed).words] == cases


def test_stars_stand_at_the_ends_of_words() -> None:
    term = parse_term("drone* strike")
    assert [word.has_star for word in term.words] == [True, False]
    assert [word.has_star for word in parse_term("Shahed-13*").words] == [False, True]
    assert parse_term("북*").words[0].has_star
    assert not parse_term("자폭* 드론").words[2].is_joined


@pytest.mark.parametrize(
    ("typed", "spot", "text"),
    [
        ("", "", "a term needs a letter or a digit"),
        ("!?", "!?", "a term needs a letter or a digit"),
        ("=", "=", "a term needs a letter or a digit"),
        ("*", "*", "a term needs a letter or a digit"),
        ("\U0001f680", "\U0001f680", "a term needs a letter or a digit"),
        ("hyp*son", "*", "a star stands only at the end of a word"),
        ("*sonic", "*", "a star stands only at the end of a word"),
        ("a * b", "*", "a star stands only at the end of a word"),
        ("drone**", "*", "a star stands only at the end of a word"),
        ("hy*", "hy*", "a star needs at least three letters or digits before it"),
        ("F-1*", "F-1*", "a star needs at least three letters or digits before it"),
        ("/a(/", "/a(/", "a parenthesis is not closed"),
    ],
)
def test_what_can_be_no_term_is_told_with_its_spot_and_a_remedy(
    typed: str, spot: str, text: str
) -> None:
    with pytest.raises(TermError, match=text) as raised:
        parse_term(typed)
    assert typed[raised.value.start : raised.value.end] == spot
    assert raised.value.remedy


@pytest.mark.parametrize(
    ("typed", "is_exact"), [("=Geran", True), ("Geran", False), ("a = b", False), ("/=a/", False)]
)
def test_a_term_is_exact_when_it_says_so_first(typed: str, *, is_exact: bool) -> None:
    assert parse_term(typed).is_exact is is_exact


def test_terms_are_their_text_alone() -> None:
    assert parse_term("drone") == parse_term("drone")
    assert {parse_term("drone"), parse_term("Drone")} == {Term("drone"), Term("Drone")}
    assert parse_term("drone").words is parse_term("drone").words


@given(st.text(max_size=8))
def test_a_term_is_what_holds_a_word(typed: str) -> None:
    if is_pattern(typed) or "*" in typed:
        return
    try:
        term = parse_term(typed)
    except TermError:
        assert words(typed) == []
    else:
        assert [word.folded for word in term.words] == [word.folded for word in words(typed)] != []


def test_a_pattern_is_a_term_without_words() -> None:
    term = parse_term(r"/YJ-?\/[0-9]{2}/")
    assert (term.pattern, term.words) == (r"YJ-?\/[0-9]{2}", ())
    assert parse_term("YJ").pattern is None
