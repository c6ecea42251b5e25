"""Lints of one term, as it is typed: of words, but for `regex_ascii`, which is for patterns."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from watch.core.rules.common_words import common_in
from watch.core.rules.lint.remark import Code, Remark
from watch.core.rules.terms import Case, Term, TermWord
from watch.core.words.folding import fold
from watch.core.words.segment import words
from watch.core.words.shape import (
    ARABIC,
    ARMENIAN,
    CYRILLIC,
    DEVANAGARI,
    GREEK,
    HANGUL,
    HEBREW,
    HIRAGANA,
    KATAKANA,
    LATIN,
    PROLONGED,
    SPACED,
    TAMIL,
    UNSPACED,
    shape,
)

_LEAST_LETTERS = 3
_LEAST_ACRONYM = 4
_LETTERS = frozenset(SPACED)
_BOUNDED = frozenset((HANGUL, HIRAGANA, KATAKANA, PROLONGED))
_LATIN = "a-zA-ZÀ-ÖØ-öø-ňŊ-ɏ"
"""The letters of European languages; ŉ is two."""
_LATIN_WORDS = re.compile(rf"[{_LATIN}]+(?:[ -][{_LATIN}]+)*")
_SCRIPTS = {
    LATIN: "Latin",
    GREEK: "Greek",
    CYRILLIC: "Cyrillic",
    ARABIC: "Arabic",
    HEBREW: "Hebrew",
    ARMENIAN: "Armenian",
    DEVANAGARI: "Devanagari",
    TAMIL: "Tamil",
}


@lru_cache(maxsize=1_000)  # an item's terms are asked for again and again, then no more
def latin_words(typed: str) -> tuple[str, ...] | None:
    """Return the folded words of a term where a glance tells them; None of all other terms.

    They are Latin letters between single spaces and hyphens.
    """
    if _LATIN_WORDS.fullmatch(typed) is None:
        return None
    if typed.isascii():
        return tuple(typed.lower().replace("-", " ").split(" "))
    return tuple(fold(part) for part in typed.replace("-", " ").split(" "))


def is_unsuspicious(typed: str, language: str | None) -> bool:
    """Whether a glance tells that nothing is odd about a term; of most it does."""
    if len(typed) <= _LEAST_LETTERS or latin_words(typed) is None:
        return False
    if "-" in typed:
        return True
    first, _, rest = typed.partition(" ")
    if rest:
        return first.islower() or not rest.islower() or not typed.isascii()
    return not first.isupper() and common_in(fold(first), language) is None


def short_term(term: Term) -> Remark | None:
    """Return a remark when a term holds so few letters that it stands in many other words."""
    own = term.words
    if sum(len(word.folded) for word in own) >= _LEAST_LETTERS:
        return None
    more = "write more of the name, or allow it"
    if not any(word.script in UNSPACED for word in own):
        return Remark(Code.SHORT_TERM, f"{term.typed!r} is under three letters", more)
    if term.is_exact:
        return None
    # Only there "=" asks for a boundary that texts have.
    has_boundary = all(word.script in _BOUNDED for word in own)
    remedy = f"write ={term.typed}, which begins a written word; or {more}"
    text = f"{term.typed!r} stands inside longer words"
    return Remark(Code.SHORT_TERM, text, remedy if has_boundary else more)


def common_word(term: Term, language: str | None) -> Remark | None:
    """Return a remark when a term is a word that stands in nearly every text of some language."""
    own = term.words
    if not all(word.is_joined for word in own[1:]) or any(word.has_star for word in own):
        return None
    common = common_in("".join([word.folded for word in own]), language)
    if common is None:
        return None
    remedy = "write a longer name, or use it in a rule beside another word"
    return Remark(Code.COMMON_WORD, f"{term.typed!r} is a common word of {common}", remedy)


def acronym_case(term: Term) -> Remark | None:
    """Return a remark when capitals can be said as a word, which some papers then write small."""
    own = term.words
    if len(own) != 1 or term.is_exact or not _can_be_said(own[0]):
        return None
    small = own[0].exact.capitalize()
    remedy = f'list "{small}" too'
    return Remark(Code.ACRONYM_CASE, f"{term.typed!r} does not find {small}", remedy)


def _can_be_said(word: TermWord) -> bool:
    """Whether an acronym has a vowel, and no three consonants, nor vowels, in a row."""
    letters = word.folded
    return (
        word.case is Case.CAPITALS
        and word.script == LATIN
        and not word.has_star
        and len(letters) >= _LEAST_ACRONYM
        and re.search("[aeiouy]", letters) is not None
        and re.search("[aeiouy]{3}|[^aeiouy]{3}", letters.rstrip("s")) is None
    )


def is_sentence_cased(term: Term) -> bool:
    """Whether a term reads like the beginning of a sentence: a capital, then small words only."""
    if term.is_exact or not term.typed.isascii() or term.typed.islower():
        return False
    first, *rest = term.words or (None,)
    return (
        first is not None
        and first.case is Case.CAPITAL
        and bool(rest)
        and all(word.is_small and not word.gap for word in rest)
    )


def sentence_case(term: Term, *, is_name: bool) -> Remark | None:
    """Return a remark when an English phrase is typed like a sentence.

    `is_name` tells that the term is the item's name, which had no other.
    """
    if not is_sentence_cased(term):
        return None
    rest = (word.folded for word in term.words[1:])
    if any(common_in(word) and not common_in(word, "en") for word in rest):
        return None  # another language, which writes titles so
    small = term.typed[:1].lower() + term.typed[1:]
    remedy = f'add terms = ["{small}"]' if is_name else f'write it small: "{small}"'
    text = f"{term.typed!r} finds only what begins with a capital"
    return Remark(Code.SENTENCE_CASE, text, remedy)


def mixed_scripts(typed: str) -> Iterator[Remark]:
    """Yield a remark for each word of a term whose letters are of two scripts."""
    if typed.isascii():
        return
    # The letter s has a shape of its own, and is Latin.
    scripts = _LETTERS.intersection(shape(typed).replace("s", LATIN))
    if len(scripts) <= 1:
        return
    for left, right in pairwise(words(typed)):
        if left.end == right.start and {left.script, right.script} <= _LETTERS:
            part = typed[left.start : right.end]
            named = " and ".join(_SCRIPTS.get(word.script, "other") for word in (left, right))
            yield Remark(
                Code.MIXED_SCRIPTS,
                f"{part!r} is one word of {named} letters",
                "type all its letters in one script",
                span=(left.start, right.end),
            )


_ESCAPED = re.compile(r"\\(p\{\^?(\w+)\}|.)", re.DOTALL | re.IGNORECASE)
_INSTEAD = {
    "b": r"(^|[^\pL])",
    "B": r"\pL",
    "w": r"[\pL\pN_]",
    "W": r"[^\pL\pN_]",
    "d": r"\pN",
    "D": r"\PN",
}


def regex_ascii(typed: str) -> Iterator[Remark]:
    r"""Yield a remark for the first of \b, \w, \d in a pattern with letters beyond ASCII."""
    escapes = list(_ESCAPED.finditer(typed))
    has_others = any(escape[2] and escape[2].title() not in {"Latin", "L"} for escape in escapes)
    if not has_others and not any(char.isalpha() and not char.isascii() for char in typed):
        return
    for escape in escapes:
        if escape[1] in _INSTEAD:
            yield Remark(
                Code.REGEX_ASCII,
                rf"\{escape[1]} knows ASCII letters and digits only",
                f"write {_INSTEAD[escape[1]]}",
                span=escape.span(),
            )
            return
