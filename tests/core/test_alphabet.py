from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.texts import document, ruleset
from watch.core.words.alphabet import Alphabet, TooManyWordsError
from watch.core.words.languages import inflection_of
from watch.core.words.memory import Memory
from watch.core.words.segment import Word, is_whole_kana, words
from watch.core.words.shape import DIGIT

RANDOMS = st.randoms(use_true_random=False)
SIGNS = st.text(
    alphabet="ab's.-/,’ \n\u200b\u0301中国。ー々ドﾄﾞกำ๒한\u1161국\u3164ـé9٣!?㍿〇「」", max_size=30
)


def alphabet() -> Alphabet[None]:
    return Alphabet(inflection_of(()), mark=lambda _: None)


@given(RANDOMS)
def test_the_chunks_of_a_text_hold_the_words_of_the_whole(random: Random) -> None:
    text = document(random, ruleset(random)).text
    assert list(alphabet().encode(text)) == words(text)


@given(SIGNS, st.sampled_from(["", "a" * 65, "ab·" * 30, "中"]))
def test_a_text_that_is_cut_between_letters_loses_no_word(text: str, endless: str) -> None:
    # A long chunk, or a letter that is a word of its own, has the whole text cut.
    whole = f"{text} {endless}"
    assert list(alphabet().encode(whole)) == words(whole)


MARKS = st.text(alphabet=".,;:!?()'-/\"", max_size=2)


@given(st.tuples(MARKS, st.text(alphabet="abS's9.", max_size=4), MARKS).map("".join))
def test_a_word_alone_is_the_word_that_it_is_among_others(text: str) -> None:
    before = "é · "
    assert words(text) == [word.moved(-len(before)) for word in words(before + text)[1:]]


def test_words_may_be_asked_for_in_any_order() -> None:
    text = "F-35s - and\n\nthe 自爆 drones’ hangar "
    encoded = alphabet().encode(text)
    expected = words(text)
    assert len(encoded) == len(expected) == len(encoded.characters)
    for index in reversed(range(len(expected))):
        assert encoded[index] == expected[index]
        assert isinstance(encoded[index], Word)


@pytest.mark.parametrize(
    ("text", "is_parted"),
    [
        ("The drones", True),
        ("북한이 자폭 드론을 공개했다", True),
        ("Дроны и ракеты", True),
        ("自爆ドローン", False),
        ("โดรนพลีชีพ", False),
        ("\uf900", False),
    ],
)
def test_a_text_is_cut_within_its_written_words_only_where_letters_are_words(
    text: str, *, is_parted: bool
) -> None:
    assert alphabet().encode(text).is_parted == is_parted


def test_each_of_a_million_words_has_a_character_of_its_own_and_no_more_are_taken() -> None:
    many, most = alphabet(), 1_099_999
    characters = {many.character(DIGIT, str(number)) for number in range(most)}
    assert len(characters) == most
    "".join(characters).encode()  # a surrogate could not be
    with pytest.raises(TooManyWordsError, match="more than 1,099,999 different words; split the"):
        many.character(DIGIT, "new")


def test_a_full_memory_forgets_and_learns_anew() -> None:
    memory = Memory[int, str](2)
    assert [memory.keep(number, str(number)) for number in range(3)] == ["0", "1", "2"]
    assert memory == {2: "2"}


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [("カ", True), ("カ\u200bナ", False), ("カ\u200b", True), ("カ\u200bな", True)],
)
def test_what_cannot_be_seen_does_not_end_a_run_of_kana(text: str, *, is_whole: bool) -> None:
    first = next(iter(words(text)))
    assert text[first.start : first.end] == "カ"
    assert is_whole_kana(text, first, first) == is_whole
