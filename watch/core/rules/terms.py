"""One way an item is written, taken apart: words, `=exact`, `prefix*`, `/pattern/`."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, unique
from functools import lru_cache

from watch.core.rules.faults import TermError
from watch.core.rules.patterns import check_pattern, is_pattern
from watch.core.words.folding import exact_form
from watch.core.words.segment import Word, is_plain, words
from watch.core.words.shape import DIGIT, HAN, HANGUL, INVISIBLE, LATIN, UNSPACED, shape

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TermWord:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term as typed, and its words."""

    typed: str
    is_exact: bool
    words: tuple[TermWord, ...]
    pattern: str | None = None
    """The regular expression between its slashes; it has no words."""


_LEAST_BEFORE_STAR = 3


def parse_term(typed: str) -> Term:
    """Return the term that an author typed; raise TermError where it cannot be one."""
    if is_pattern(typed):
        check_pattern(typed)
        return Term(typed=typed, is_exact=False, words=(), pattern=typed[1:-1])
    if is_plain(typed):
        first, *rest = typed.split(" ")
        own = (_plain_word(first, is_first=True), *(_plain_word(word) for word in rest))
        return Term(typed=typed, is_exact=False, words=own)
    found = words(typed)
    if not found:
        raise TermError(
            "a term needs a letter or a digit",
            remedy="write the words to look for, or take the term out",
            start=0,
            end=len(typed),
        )
    is_exact = typed.startswith("=")
    stars = _stars(typed, found)
    return Term(
        typed=typed,
        is_exact=is_exact,
        words=tuple(_term_word(typed, found, index, stars) for index in range(len(found))),
    )


def _stars(typed: str, found: list[Word]) -> frozenset[int]:
    """Return the offsets of the term's stars, each checked to end a word."""
    if "*" not in typed:
        return frozenset()
    ends = {word.end for word in found}
    stars = frozenset(match.start() for match in re.finditer(r"\*", typed))
    starts = {word.start for word in found}
    for star in sorted(stars):
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
    return stars


def _term_word(typed: str, found: list[Word], index: int, stars: frozenset[int]) -> TermWord:
    word = found[index]
    gap = typed[found[index - 1].after : word.start] if index else ""
    is_joined = index > 0 and not gap and word.is_unspaced and found[index - 1].is_unspaced
    return _typed_word(
        typed[word.start : word.end],
        word.script,
        word.folded,
        visible_gap(gap.lstrip("*")) if gap.strip() else "",
        is_first=index == 0,
        has_star=word.end in stars,
        is_joined=is_joined,
    )


@lru_cache(maxsize=100_000)
def _typed_word(  # noqa: PLR0913 (what tells one word of a term from another)
    text: str,
    script: str,
    folded: str,
    gap: str,
    *,
    is_first: bool,
    has_star: bool,
    is_joined: bool,
) -> TermWord:
    """Return a word of a term; terms of one set share most of theirs."""
    return TermWord(
        script=script,
        folded=folded,
        # A sign for several letters holds each of them.
        exact=folded if script in UNSPACED else exact_form(text),
        case=_case_of(text, is_first=is_first) if script != DIGIT else Case.FREE,
        is_small=text.islower(),
        has_star=has_star,
        is_joined=is_joined,
        gap=gap,
    )


@lru_cache(maxsize=100_000)
def _plain_word(text: str, *, is_first: bool = False) -> TermWord:
    return _typed_word(
        text, LATIN, text.lower(), "", is_first=is_first, has_star=False, is_joined=False
    )


def _case_of(text: str, *, is_first: bool) -> Case:
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
