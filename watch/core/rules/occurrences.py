"""Where a term really stands: the exact check of rules/README.md at one candidate."""

from collections.abc import Sequence
from typing import assert_never

from watch.core.rules.compile import Beginnings
from watch.core.rules.terms import Case, Term, TermWord, begins_with_capital, visible_gap
from watch.core.words.alphabet import EncodedText, Passage
from watch.core.words.folding import exact_form, unmarked
from watch.core.words.inflection import AS_TYPED, ENGLISH, Relation, has_singular, is_plural
from watch.core.words.languages import Inflection
from watch.core.words.plurals import NOT_PLURAL
from watch.core.words.segment import (
    Word,
    begins_written_word,
    gap_shape,
    goes_on,
    has_one_line_break_at_most,
    is_whole_kana,
    kind_of,
    may_part,
    may_stretch,
)
from watch.core.words.shape import DIGIT, HANGUL, HIRAGANA, KATAKANA, PROLONGED, UNSPACED

_STRETCHING = frozenset((HANGUL, KATAKANA, HIRAGANA, PROLONGED))
"""Unspaced scripts in which a star stands for the rest of a written word."""
LONGEST_REST = 30
"""Letters that such a star stands for at most; a text may be one endless word."""


class Occurrences:
    """Tells where one term stands, in texts whose words inflect alike."""

    __slots__ = ("_checks", "_is_exact", "_is_unspaced", "_stretches")

    def __init__(self, term: Term, inflection: Inflection) -> None:
        self._is_exact = term.is_exact
        self._checks = tuple(
            _WordCheck(word, inflection.of(word.script), is_exact=term.is_exact)
            for word in term.words
        )
        self._stretches = any(check.stretches for check in self._checks)
        self._is_unspaced = any(word.script in UNSPACED for word in term.words)

    def passage(self, words: EncodedText[Beginnings], first: int) -> tuple[int, Passage | None]:
        """Return what alone decides where the term stands; None where more of the text does."""
        if self._stretches or (self._is_unspaced and not words.is_parted):
            return 0, None
        return words.passage(first, len(self._checks))

    def spans(self, text: str, words: Sequence[Word], first: int) -> Sequence[tuple[int, int]]:
        """Return each span of the text at which the term stands, its first word `words[first]`.

        There is mostly one or none; a star in Hangul or kana may end in several places.
        """
        ends = (self._ends if self._stretches else self._end)(text, words, first)
        if not ends:
            return ()
        start = words[first]
        return [
            (start.start, end.end)
            for end in ends
            if not self._is_exact or _has_boundaries(text, start, end)
        ]

    def _end(self, text: str, words: Sequence[Word], first: int) -> Sequence[Word]:
        """Return the last word, where each word of the term is one of the text."""
        if first + len(self._checks) > len(words):
            return ()
        before = run = None
        for at, check in enumerate(self._checks, first):
            word = words[at]
            if not check.accepts(text, word):
                return ()
            if not check.is_joined:
                run = word
            if (
                before is not None
                and run is not None
                and not check.follows(text, before, word, run)
            ):
                return ()
            before = word
        return (word,)

    def _ends(self, text: str, words: Sequence[Word], first: int) -> Sequence[Word]:
        """Return the words that may be the last, where a star stands for any number of letters."""
        # Where the next word of the term may stand, and where its written run began.
        places = {(first, first)}
        for index, check in enumerate(self._checks):
            is_last = index + 1 == len(self._checks)
            reached: set[tuple[int, int]] = set()
            for at, began in places:
                if at == len(words) or not check.accepts(text, words[at]):
                    continue
                run = began if check.is_joined else at
                if index and not check.follows(text, words[at - 1], words[at], words[run]):
                    continue
                reached.update((end, run) for end in check.ends(text, words, at, is_last=is_last))
            places = reached
        return [words[end - 1] for end, _ in places]


class _WordCheck:
    """Tells whether a word of a text is what one word of a term asks for, and follows the last."""

    __slots__ = ("_is_exact", "_relation", "_typed", "is_joined", "stretches")

    def __init__(self, typed: TermWord, relation: Relation, *, is_exact: bool) -> None:
        self._typed = typed
        self._is_exact = is_exact
        self._relation = relation
        self.is_joined = typed.is_joined
        self.stretches = typed.has_star and typed.script in _STRETCHING
        """Whether it stands for any number of letters that are words of their own."""

    def accepts(self, text: str, word: Word) -> bool:
        """Whether a word of a text is a form of this one, written as it must be."""
        typed = self._typed
        if word.script != typed.script:
            return False
        if typed.script in UNSPACED:
            return typed.folded == word.folded
        surface = text[word.start : word.end]
        return _is_form(typed, word, surface, self._relation, is_exact=self._is_exact)

    def follows(self, text: str, left: Word, right: Word, run: Word) -> bool:
        """Whether what stands between two words of a text may part this from the word before.

        `run` is the word with which the letters that this one is joined to began.
        """
        typed = self._typed
        gap = text[left.after : right.start]
        if typed.is_joined:
            return may_stretch(
                gap_shape(gap),
                left,
                right,
                begins_written_word=begins_written_word(text, run),
            )
        if gap == " " or may_part(gap_shape(gap), left, right):
            return True
        return (
            bool(typed.gap)
            and visible_gap(gap) == typed.gap
            and has_one_line_break_at_most(gap_shape(gap))
        )

    def ends(self, text: str, words: Sequence[Word], at: int, *, is_last: bool) -> Sequence[int]:
        """Return the places at which the next word may begin: several behind a star in Hangul."""
        end = at + 1
        if not self.stretches:
            return (end,)
        kind = kind_of(text, words[at])
        while (
            end < min(len(words), at + 1 + LONGEST_REST)
            and goes_on(kind, words[end].script)
            and not gap_shape(text[words[end - 1].end : words[end].start])
        ):
            end += 1
        return (end,) if is_last else range(at + 1, end + 1)


def _has_boundaries(text: str, first: Word, last: Word) -> bool:
    """Whether an exact term of an unspaced script stands as a written word of its own."""
    is_kana = first.script in {KATAKANA, HIRAGANA, PROLONGED}
    if first.is_unspaced and not is_kana and not begins_written_word(text, first):
        return False
    return is_whole_kana(text, first, last)


def _is_form(
    typed: TermWord, word: Word, surface: str, relation: Relation, *, is_exact: bool
) -> bool:
    """Whether a word in a script with spaces is a form of the typed one, as it must be written."""
    if is_exact:
        form = exact_form(surface)
        return form.startswith(typed.exact) if typed.has_star else form == typed.exact
    if word.script == DIGIT:
        rest = word.folded.removeprefix(typed.folded) if typed.has_star else ""
        return typed.folded + rest == word.folded and (not rest or rest.isdigit())
    if typed.has_star:
        return word.folded.startswith(typed.folded) and _has_case(
            typed.case, exact_form(surface)[: len(typed.exact)]
        )
    return _is_inflected(typed, word, unmarked(surface), relation)


def _is_inflected(typed: TermWord, word: Word, surface: str, relation: Relation) -> bool:
    """Whether a word of the text is a form of the typed one, with the capitals it asks for."""
    if typed.case is Case.CAPITALS:
        if surface.isupper():
            # English capitals have no other form: ISIS is no plural of ISI.
            asked = AS_TYPED if relation is ENGLISH else relation
            return asked.holds(typed.folded, word.folded)
        return surface[:-1].isupper() and surface[-1] == "s" and _is_s_form(typed, word)
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


def _is_s_form(typed: TermWord, word: Word) -> bool:
    """Whether a word is what was typed and an s: ICBMs; of one letter, unless a word: Is, Us."""
    is_word = len(typed.folded) == 1 and word.folded in NOT_PLURAL
    return word.folded == typed.folded + "s" and not is_word


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
    assert_never(case)
