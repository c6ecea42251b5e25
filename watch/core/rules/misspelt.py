"""What an author meant who wrote an operator as another system spells it."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

_COUNT = r"[ /:=_~-]*(?P<count>[0-9]+)"
_NOT = "(?P<not>(?:and |but )?not[ _]?)?"

# From the longest to the shortest, so that NEAR/x is not taken for NEAR.
_INFIX = tuple(
    (re.compile(pattern, re.IGNORECASE), operator)
    for pattern, operator in (
        (r"and|&&?|\+", "AND"),
        (r"or|\|\|?|and/or", "OR"),
        (r"(?:and|but)[ _-]?not|but|not|%|!|-|minus", "AND NOT"),
        (rf"{_NOT}(?:near|within|nr|n/|w/|w/in|(?=[/~])){_COUNT}", "NEAR/{}"),
        (rf"{_NOT}(?:pre|adj|onear|p/|\+){_COUNT}", "PRE/{}"),
        (rf"{_NOT}(?:(?:w|near|within)[/:]|[/+])(?:s|sent|sentence)", "W/S"),
        (rf"{_NOT}(?:(?:w|near|within)[/:]|[/+])(?:p|para|paragraph)", "W/P"),
        (rf"{_NOT}adj", "PRE/0"),
        (rf"{_NOT}(?:(?:near|within|w)/\S*|near)", "NEAR/8"),
        (r"pre(?:/\S*)?", "PRE/8"),
    )
)
_ATLEAST = re.compile(rf"at ?l(?:east)?(?:{_COUNT}|/\S*)?", re.IGNORECASE)
_WORD_SIGNS = frozenset("-‐‑'’.&*=·_")
_FOREIGN_QUOTES = frozenset("'‘’«»‹›「」『』`")
_COUNTS = {"any": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_MOST_WORDS = 3


class Meant(NamedTuple):
    """What some words of an expression are meant to be."""

    words: int
    """How many of them, from the first."""
    operator: str
    """As it is written here: `AND`, `AND NOT`, `NOT NEAR/8`, `ATLEAST/3`."""
    text: str
    remedy: str


def meant_between(words: Sequence[str]) -> Meant | None:
    """Return the operator meant where one must stand; None when the words are no operator."""
    for count in range(min(_MOST_WORDS, len(words)), 0, -1):
        typed = " ".join(words[:count])
        for pattern, operator in _INFIX:
            match = pattern.fullmatch(typed)
            if match is not None:
                return _meant(count, typed, _filled(operator, match))
    return None


def meant_before(words: Sequence[str]) -> Meant | None:
    """Return the operator meant where an operand or NOT, ATLEAST, OF must stand."""
    if words[0] in {"!", "-"} or words[0].lower() == "not":
        return _meant(1, words[0], "NOT")
    for count in range(min(_MOST_WORDS, len(words)), 0, -1):
        typed = " ".join(words[:count])
        match = _ATLEAST.fullmatch(typed)
        if match is not None:
            return _meant(count, typed, f"ATLEAST/{match['count'] or 3}")
    return None


def count_meant(word: str) -> int | None:
    """Return the number that a word stands for before OF."""
    return _COUNTS.get(word.lower())


def _filled(operator: str, match: re.Match[str]) -> str:
    groups = match.groupdict()
    is_not = groups.get("not") is not None
    return ("NOT " if is_not else "") + operator.format(groups.get("count"))


def _meant(count: int, typed: str, operator: str) -> Meant:
    if typed.upper() == operator:
        text = f"'{typed}' in small letters is no operator"
    else:
        text = f"'{typed}' is no operator"
    remedy = f"write {operator}"
    if typed.isalpha():
        remedy += "; a word or phrase that is meant as such needs quotes"
    return Meant(count, operator, text, remedy)


def sign_fault(word: str) -> tuple[int, str, str] | None:
    """Return which sign may not stand in a word without quotes, what is wrong, and what to do."""
    at = next((at for at, char in enumerate(word) if not _is_of_word(char, at)), None)
    return None if at is None else (at, *_unfit(word[at], word))


def _unfit(sign: str, word: str) -> tuple[str, str]:
    plain = "".join(filter(_is_of_word, word)).strip("'’") or "word"
    if sign in _FOREIGN_QUOTES:
        return f"{sign} is no quote of a phrase", f'write "{plain}"'
    if sign in "[]{}":
        return f"{sign} is no parenthesis", "write ( or )"
    if sign == "?":
        return "? stands for no letter", "put a star at the end of a word, or list the spellings"
    if sign == "/":
        return f"{word} is no operator, and no word", f'write OR between two words, or "{word}"'
    return f"{sign} in a word without quotes", f'write "{word}"'


def _is_of_word(char: str, at: int = 1) -> bool:
    """Whether a character may stand so far in a word without quotes."""
    category = unicodedata.category(char)
    is_apostrophe = char in "'’"
    return (char in _WORD_SIGNS and not (is_apostrophe and at == 0)) or (
        category[0] in "LMN" or category == "Cf"
    )
