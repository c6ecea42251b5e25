"""Terms to one automaton, which tells where in a text which term may begin.

Each term's longest run of whole words is a pattern over the alphabet of words; a term of nothing
but starred words is looked up by the beginning of its first. A candidate may be none: the exact
check stands in occurrences.py.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from watch.core.rules.terms import Term
from watch.core.words.alphabet import Alphabet
from watch.core.words.languages import Inflection
from watch.core.words.segment import Word
from watch.core.words.shape import UNSPACED


class Candidate(NamedTuple):
    """A place at which a term may stand."""

    term: int
    """Its index among the scanner's terms."""
    first: int
    """The index of the word of the text that would be its first."""


class _Beginnings(NamedTuple):
    """A word within a chunk that begins as the first word of some starred terms does."""

    word: int
    terms: tuple[int, ...]


class Scanner:
    """Finds the candidates of some terms in a text, at a cost that does not grow with the terms."""

    def __init__(self, terms: Sequence[Term], inflection: Inflection) -> None:
        self._alphabet = Alphabet(inflection, mark=self._beginnings)
        self._by_beginning: defaultdict[str, list[int]] = defaultdict(list)
        by_pattern: defaultdict[str, list[Candidate]] = defaultdict(list)
        for index, term in enumerate(terms):
            start, end = _anchor(term)
            if start == end:
                self._by_beginning[term.words[0].folded].append(index)
                continue
            pattern = "".join(
                self._alphabet.character(word.script, word.folded) for word in term.words[start:end]
            )
            by_pattern[pattern].append(Candidate(index, start))
        self._lengths = sorted({len(beginning) for beginning in self._by_beginning})
        self._candidates = list(by_pattern.values())
        self._automaton = (
            AhoCorasick(list(by_pattern), matchkind=MatchKind.Standard) if by_pattern else None
        )

    def _beginnings(self, words: Sequence[Word]) -> tuple[_Beginnings, ...] | None:
        """Return which words of a new chunk begin as starred terms do; None when none does."""
        if not self._by_beginning:
            return None
        found = tuple(
            _Beginnings(at, tuple(terms))
            for at, word in enumerate(words)
            for length in self._lengths
            if (terms := self._by_beginning.get(word.folded[:length]))
            and len(word.folded) >= length
        )
        return found or None

    def candidates(self, text: str) -> tuple[Sequence[Word], list[Candidate]]:
        """Return the text's words and every place where a term may stand."""
        encoded = self._alphabet.encode(text)
        found: list[Candidate] = []
        if self._automaton is not None:
            hits = self._automaton.find_matches_as_indexes(encoded.characters, overlapping=True)
            found = [
                Candidate(term, start - offset)
                for pattern, start, _ in hits
                for term, offset in self._candidates[pattern]
                if start >= offset
            ]
        if self._by_beginning:
            found.extend(
                Candidate(term, first + beginnings.word)
                for first, marked in encoded.marks()
                for beginnings in marked
                for term in beginnings.terms
            )
        return encoded, found


def _anchor(term: Term) -> tuple[int, int]:
    """Return the term's longest run of words that stand in a text as one character each.

    Behind a star in an unspaced script nothing is certain: it stands for any number of letters.
    """
    best = run = (0, 0)
    for index, word in enumerate(term.words):
        if word.has_star and word.script not in UNSPACED:
            run = (index + 1, index + 1)
            continue
        run = (run[0], index + 1)
        if run[1] - run[0] > best[1] - best[0]:
            best = run
        if word.has_star:
            break
    return best
