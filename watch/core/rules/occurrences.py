"""Where a term really stands: the exact check of rules/README.md at one candidate."""

from collections.abc import Iterator, Sequence

from watch.core.rules.terms import Case, Term, TermWord, begins_with_capital, visible_gap
from watch.core.words.folding import exact_form
from watch.core.words.inflection import ENGLISH, Relation, has_singular, is_plural
from watch.core.words.languages import Inflection
from watch.core.words.segment import (
    Word,
    begins_written_word,
    gap_shape,
    has_one_line_break_at_most,
    is_whole_kana,
    may_part,
    may_stretch,
)
from watch.core.words.shape import DIGIT, HANGUL, HIRAGANA, KATAKANA

_STRETCHING = frozenset((HANGUL, KATAKANA, HIRAGANA))
"""Unspaced scripts in which a star stands for the rest of a written word."""


def occurrences(
    term: Term, text: str, words: Sequence[Word], first: int, inflection: Inflection
) -> Iterator[tuple[int, int]]:
    """Yield each span of the text at which the term stands, its first word being `words[first]`.

    There is mostly one or none; a star in Hangul or kana may end in several places.
    """
    ways = [(0, first, first)]  # the term's word, the text's word, where its written run began
    while ways:
        index, at, run = ways.pop()
        if index == len(term.words):
            if not term.is_exact or _has_boundaries(text, words[first], words[at - 1]):
                yield words[first].start, words[at - 1].end
            continue
        typed = term.words[index]
        if not typed.is_joined:
            run = at
        if at == len(words) or not _is_form(term, typed, words[at], text, inflection):
            continue
        if index and not _follows(typed, text, words[at - 1], words[at], words[run]):
            continue
        is_last = index + 1 == len(term.words)
        ways.extend((index + 1, end, run) for end in _ends(typed, text, words, at, is_last=is_last))


def _ends(
    typed: TermWord, text: str, words: Sequence[Word], at: int, *, is_last: bool
) -> Sequence[int]:
    """Return the places at which the next word may begin: several behind a star in Hangul."""
    end = at + 1
    if not typed.has_star or words[at].script not in _STRETCHING:
        return (end,)
    while (
        end < len(words)
        and words[end].script == words[at].script
        and not gap_shape(text[words[end - 1].end : words[end].start])
    ):
        end += 1
    return (end,) if is_last else range(at + 1, end + 1)


def _follows(typed: TermWord, text: str, left: Word, right: Word, run: Word) -> bool:
    """Whether what stands between two words of the text may part these words of the term."""
    gap = text[left.after : right.start]
    if typed.is_joined:
        return may_stretch(
            gap_shape(gap),
            left,
            right,
            begins_written_word=begins_written_word(text, run),
        )
    if may_part(gap_shape(gap), left, right):
        return True
    return bool(typed.gap) and visible_gap(gap) == typed.gap and has_one_line_break_at_most(gap)


def _has_boundaries(text: str, first: Word, last: Word) -> bool:
    """Whether an exact term of an unspaced script stands as a written word of its own."""
    is_kana = first.script in {KATAKANA, HIRAGANA}
    if first.is_unspaced and not is_kana and not begins_written_word(text, first):
        return False
    return is_whole_kana(text, first, last)


def _is_form(term: Term, typed: TermWord, word: Word, text: str, inflection: Inflection) -> bool:
    """Whether a word of the text is what a word of the term asks for."""
    if typed.script != word.script:
        return False
    surface = text[word.start : word.end]
    if word.is_unspaced:
        return typed.folded == word.folded
    if term.is_exact:
        form = exact_form(surface)
        return form.startswith(typed.exact) if typed.has_star else form == typed.exact
    if typed.has_star:
        return word.folded.startswith(typed.folded) and _has_case(
            typed.case, exact_form(surface)[: len(typed.exact)]
        )
    if word.script == DIGIT:
        return typed.folded == word.folded
    return _is_inflected(typed, word, surface, inflection.of(word.script))


def _is_inflected(typed: TermWord, word: Word, surface: str, relation: Relation) -> bool:
    """Whether a word of the text is a form of the typed one, with the capitals it asks for."""
    if typed.case is Case.CAPITALS:
        # The small s of ICBMs is the only ending that capitals take.
        is_plural_form = surface[-1] == "s" and surface[:-1].isupper()
        if relation is ENGLISH:
            return word.folded == typed.folded + "s" * is_plural_form and (
                is_plural_form or surface.isupper()
            )
        return (is_plural_form or surface.isupper()) and relation.holds(typed.folded, word.folded)
    if not _has_case(typed.case, surface):
        return False
    if typed.case is Case.CAPITALS_AND_S:
        return typed.folded == word.folded
    if relation.holds(typed.folded, word.folded):
        return True
    return (
        relation is ENGLISH
        and typed.is_small
        and has_singular(typed.folded)
        and is_plural(word.folded, typed.folded)
    )


def _has_case(case: Case, surface: str) -> bool:
    match case:
        case Case.FREE:
            return True
        case Case.CAPITAL:
            return begins_with_capital(surface)
        case Case.CAPITALS:
            return surface.isupper()
        case Case.CAPITALS_AND_S:
            return surface[:-1].isupper()
