"""Lints of one term, as it is typed: of words, but for `regex_ascii`, which is for patterns."""

import re
from collections.abc import Container, Iterator
from itertools import pairwise

from watch.core.rules.common_words import common_in
from watch.core.rules.lint.remark import Code, Remark
from watch.core.rules.terms import Case, Term, TermWord
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
)

_LEAST_LETTERS = 3
_LEAST_ACRONYM = 4
_LETTERS = frozenset(SPACED)
_BOUNDED = frozenset((HANGUL, HIRAGANA, KATAKANA, PROLONGED))
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


def short_term(term: Term) -> Iterator[Remark]:
    """Yield a remark when a term holds so few letters that it stands in many other words."""
    if sum(len(word.folded) for word in term.words) >= _LEAST_LETTERS:
        return
    more = "write more of the name, or allow it"
    if not any(word.script in UNSPACED for word in term.words):
        yield Remark(Code.SHORT_TERM, f"{term.typed!r} is under three letters", more)
    elif not term.is_exact:
        # Only there "=" asks for a boundary that texts have.
        has_boundary = all(word.script in _BOUNDED for word in term.words)
        remedy = f"write ={term.typed}, which begins a written word; or {more}"
        text = f"{term.typed!r} stands inside longer words"
        yield Remark(Code.SHORT_TERM, text, remedy if has_boundary else more)


def common_word(term: Term, language: str | None) -> Iterator[Remark]:
    """Yield a remark when a term is a word that stands in nearly every text of some language."""
    if any(word.has_star for word in term.words):
        return
    if not all(word.is_joined for word in term.words[1:]):
        return
    common = common_in("".join(word.folded for word in term.words), language)
    if common is not None:
        remedy = "write a longer name, or use it in a rule beside another word"
        yield Remark(Code.COMMON_WORD, f"{term.typed!r} is a common word of {common}", remedy)


def acronym_case(term: Term, listed: Container[str]) -> Iterator[Remark]:
    """Yield a remark when capitals can be said as a word, which some papers then write small.

    Not when the item lists it so: `listed` are its terms of one word not in capitals, folded.
    """
    if len(term.words) != 1 or term.is_exact or not _can_be_said(term.words[0]):
        return
    (word,) = term.words
    if word.folded in listed:
        return
    small = word.exact.capitalize()
    remedy = f'list "{small}" too'
    yield Remark(Code.ACRONYM_CASE, f"{term.typed!r} does not find {small}", remedy)


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
    if term.is_exact or len(term.words) <= 1 or not term.typed.isascii():
        return False
    return all(
        word.case is Case.CAPITAL if at == 0 else word.is_small and not word.gap
        for at, word in enumerate(term.words)
    )


def sentence_case(term: Term, names: Container[str], *, is_name: bool) -> Iterator[Remark]:
    """Yield a remark when an English phrase is typed like a sentence.

    Not when its first word is among the `names` that the item's other terms show, folded.
    `is_name` tells that the term is the item's name, which had no other.
    """
    if not is_sentence_cased(term) or term.words[0].folded in names:
        return
    rest = (word.folded for word in term.words[1:])
    if any(common_in(word) and not common_in(word, "en") for word in rest):
        return  # another language, which writes titles so
    small = term.typed[:1].lower() + term.typed[1:]
    remedy = f'add terms = ["{small}"]' if is_name else f'write it small: "{small}"'
    text = f"{term.typed!r} finds only what begins with a capital"
    yield Remark(Code.SENTENCE_CASE, text, remedy)


def mixed_scripts(typed: str) -> Iterator[Remark]:
    """Yield a remark for each word of a term whose letters are of two scripts."""
    if typed.isascii():
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
