"""One way an item is written, taken apart: words, `=exact`, `prefix*`, `/pattern/`."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, unique
from functools import lru_cache
from typing import NamedTuple

from watch.core.rules.faults import TermError
from watch.core.rules.patterns import check_pattern, is_pattern
from watch.core.words.folding import exact_form
from watch.core.words.segment import Word, is_plain, words
from watch.core.words.shape import DIGIT, HAN, HANGUL, INVISIBLE, LATIN, LETTERS, shape

__all__ = [
    "Case",
    "Term",
    "TermError",
    "TermWord",
    "begins_with_capital",
    "parse_term",
    "visible_gap",
]


@unique
class Case(Enum):
    """What a typed word asks of the capitals of a text."""

    FREE = "free"
    CAPITAL = "begins with a capital"
    CAPITALS = "all capitals; an English plural's small s beside them"
    CAPITALS_AND_S = "typed as ICBMs: all capitals but the s, which is free"


class TermWord(NamedTuple):
    """One word of a term, and how it follows the word before it."""

    script: str
    folded: str
    exact: str
    """Its letters, case and accents as typed."""
    case: Case
    is_small: bool
    """Typed in small letters throughout."""
    has_star: bool
    is_joined: bool
    """A letter of an unspaced script, typed right behind such a letter without a star."""
    gap: str
    """What stands before it in the term, without white space: it may stand in the text too."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term that can match, as `parse_term` has checked it.

    It holds its text alone: a set has many terms, and few of them ever come near a match.
    """

    typed: str

    @property
    def is_exact(self) -> bool:
        """Whether it finds its own letters, case and accents only: `=Geran`."""
        return self.typed.startswith("=")

    @property
    def words(self) -> tuple[TermWord, ...]:
        """Its words in order; a pattern has none. Taken apart again unless it was lately."""
        return _words(self.typed)

    @property
    def pattern(self) -> str | None:
        """The regular expression between its slashes; None unless it is typed as one."""
        return self.typed[1:-1] if is_pattern(self.typed) else None


_LATELY = 10_000
"""Terms, and words of terms, that are remembered taken apart."""
_LEAST_BEFORE_STAR = 3
_SURE = re.compile(r"[a-zA-Z0-9][^*]*")
"""A term that holds a word, is no pattern and has no star: it needs no closer look."""
_OF_A_WORD = re.compile(f"[{LETTERS}{DIGIT}]")
"""The shape of what words are made of."""


def parse_term(typed: str) -> Term:
    """Return the term that an author typed; raise TermError where it cannot be one."""
    if not _SURE.fullmatch(typed):
        _check(typed)
    return Term(typed)


def _check(typed: str) -> None:
    if is_pattern(typed):
        check_pattern(typed)
    elif _OF_A_WORD.search(shape(typed)) is None:
        raise TermError(
            "a term needs a letter or a digit",
            remedy="write the words to look for, or take the term out",
            start=0,
            end=len(typed),
        )
    elif "*" in typed:
        _check_stars(typed)


@lru_cache(maxsize=_LATELY)
def _words(typed: str) -> tuple[TermWord, ...]:
    if is_pattern(typed):
        return ()
    if is_plain(typed):
        first, *rest = typed.split(" ")
        return (_plain_word(first, is_first=True), *map(_plain_word, rest))
    found = words(typed)
    return tuple(_term_word(typed, found, index) for index in range(len(found)))


def _check_stars(typed: str) -> None:
    """Raise TermError for a star that does not end a word, or ends too little."""
    found = words(typed)
    ends = {word.end for word in found}
    starts = {word.start for word in found}
    for match in re.finditer(r"\*", typed):
        star = match.start()
        if star not in ends or star + 1 in starts:
            raise TermError(
                "a star stands only at the end of a word",
                remedy="write hyperson* or drone* strike",
                start=star,
                end=star + 1,
            )
        before = [word for word in found if word.end <= star]
        letters = sum(len(word.folded) for word in before)
        is_dense = any(word.script in {HAN, HANGUL} for word in before)
        if letters < _LEAST_BEFORE_STAR and not is_dense:
            raise TermError(
                "a star needs at least three letters or digits before it",
                remedy="write more of the word, or list its forms as terms",
                start=before[0].start,
                end=star + 1,
            )


@lru_cache(maxsize=_LATELY)
def _plain_word(text: str, *, is_first: bool = False) -> TermWord:
    return TermWord(
        script=LATIN,
        folded=text.lower(),
        exact=text,
        case=_case_of(text, is_first=is_first),
        is_small=text.islower(),
        has_star=False,
        is_joined=False,
        gap="",
    )


def _term_word(typed: str, found: list[Word], index: int) -> TermWord:
    word = found[index]
    text = typed[word.start : word.end]
    gap = typed[found[index - 1].after : word.start] if index else ""
    return TermWord(
        script=word.script,
        folded=word.folded,
        # A sign for several letters holds each of them.
        exact=word.folded if word.is_unspaced else exact_form(text),
        case=_case_of(text, is_first=index == 0) if word.script != DIGIT else Case.FREE,
        is_small=text.islower(),
        has_star=typed.startswith("*", word.end),
        is_joined=index > 0 and not gap and word.is_unspaced and found[index - 1].is_unspaced,
        gap=visible_gap(gap.lstrip("*")) if gap.strip() else "",
    )


def _case_of(text: str, *, is_first: bool) -> Case:
    if text.islower():
        return Case.FREE
    if text.isupper():
        return Case.CAPITALS
    if len(text) > 2 and text.endswith("s") and text[:-1].isupper():  # noqa: PLR2004 (ICs, not Is)
        return Case.CAPITALS_AND_S
    if is_first and begins_with_capital(text):
        return Case.CAPITAL
    return Case.FREE


def begins_with_capital(text: str) -> bool:
    """Whether the first letter of a word is a capital."""
    first = next((char for char in text if char.isalpha()), "")
    return first.isupper() or first.istitle()


def visible_gap(gap: str) -> str:
    """Return the signs of a gap, full-width forms as their plain ones, without white space."""
    composed = unicodedata.normalize("NFKC", gap)
    return "".join(char for char in composed if not char.isspace() and shape(char) != INVISIBLE)
