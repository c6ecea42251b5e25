"""Terms to one automaton, which tells where in a text which term may begin.

Each term's longest run of whole words is a pattern over the alphabet of words; a term of nothing
but starred words is looked up by the beginning of its first. A candidate may be none: the exact
check stands in occurrences.py.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from watch.core.rules.terms import Term
from watch.core.words.alphabet import Alphabet, EncodedText
from watch.core.words.languages import Inflection
from watch.core.words.segment import Word, words
from watch.core.words.shape import LATIN, UNSPACED

Candidate = tuple[int, int]
"""A term, by its index, and the index of the word of the text that would be its first."""


class _Beginning(NamedTuple):
    """A word within a chunk that begins as the first word of some starred terms does."""

    word: int
    terms: tuple[int, ...]


Beginnings = tuple[_Beginning, ...]
"""All such words of a chunk."""


class _Spelled(dict[str, str]):
    """What stands between the spaces of terms, as characters: most of it stands in many terms."""

    def __init__(self, character: Callable[[str, str], str]) -> None:
        super().__init__()
        self._character = character

    def __missing__(self, chunk: str) -> str:
        if chunk.isascii() and chunk.isalpha():
            # One word, as nearly all are: a set of a million terms is to load while one waits.
            spelled = self._character(LATIN, chunk.lower())
        else:
            spelled = "".join([self._character(word.script, word.folded) for word in words(chunk)])
        self[chunk] = spelled
        return spelled


class Scanner:
    """Finds the candidates of some terms in a text, at a cost that does not grow with the terms."""

    def __init__(self, terms: Iterable[Term], inflection: Inflection) -> None:
        self._alphabet = Alphabet(inflection, mark=self._beginnings)
        self._by_beginning: defaultdict[str, list[int]] = defaultdict(list)
        # Of each pattern its first term, and the others where there are any: terms are many.
        self._first = array("L")
        self._others: defaultdict[int, list[int]] = defaultdict(list)
        # Of a term, how many of its words stand before its pattern, where any do.
        self._before: dict[int, int] = {}
        patterns = self._patterns(terms)
        self._lengths = sorted({len(beginning) for beginning in self._by_beginning})
        self._automaton = AhoCorasick(patterns, matchkind=MatchKind.Standard) if patterns else None

    def _patterns(self, terms: Iterable[Term]) -> list[str]:
        """Return what the automaton looks for; what that means for which terms is kept."""
        numbers: dict[str, int] = {}
        spelled = _Spelled(self._alphabet.character)
        for index, term in enumerate(terms):
            if "*" in term.typed:
                pattern = self._pattern_beside_stars(index, term)
            else:
                pattern = "".join(map(spelled.__getitem__, term.typed.split(" ")))
            if not pattern:
                self._by_beginning[term.words[0].folded].append(index)
                continue
            number = numbers.setdefault(pattern, len(numbers))
            if number == len(self._first):
                self._first.append(index)
            else:
                self._others[number].append(index)
        return list(numbers)

    def _pattern_beside_stars(self, index: int, term: Term) -> str:
        start, end = _anchor(term)
        if start:
            self._before[index] = start
        character = self._alphabet.character
        return "".join([character(word.script, word.folded) for word in term.words[start:end]])

    def _beginnings(self, words: Sequence[Word]) -> Beginnings | None:
        """Return which words of a new chunk begin as starred terms do; None when none does."""
        if not self._by_beginning:
            return None
        found = tuple(
            _Beginning(at, tuple(terms))
            for at, word in enumerate(words)
            for length in self._lengths
            if (terms := self._by_beginning.get(word.folded[:length]))
            and len(word.folded) >= length
        )
        return found or None

    def candidates(self, text: str) -> tuple[EncodedText[Beginnings], list[Candidate]]:
        """Return the text's words and every place where a term may stand."""
        encoded = self._alphabet.encode(text)
        found: list[Candidate] = []
        if self._automaton is not None:
            hits = self._automaton.find_matches_as_indexes(encoded.characters, overlapping=True)
            found = [
                (term, start - before)
                for pattern, start, _ in hits
                for term in (self._first[pattern], *self._others.get(pattern, ()))
                if (before := self._before.get(term, 0)) <= start
            ]
        if self._by_beginning:
            found += [
                (term, first + beginning.word)
                for first, marked in encoded.marks()
                for beginning in marked
                for term in beginning.terms
            ]
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
