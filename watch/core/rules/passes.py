"""Terms in a text: found by passes over it, then those that count for each name."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from watch.core.rules.compile import Scanner
from watch.core.rules.occurrences import Occurrences
from watch.core.rules.patterns import Patterns
from watch.core.rules.terms import Term
from watch.core.words.languages import Inflection

_MOST_MET = 100_000
"""Terms whose exact check is kept ready."""


class Span(NamedTuple):
    """Where a term stands in a text."""

    start: int
    end: int
    order: int
    """Of the term among all: of terms that find the same words the first is named."""
    term: str


@dataclass(frozen=True, slots=True)
class Use:
    """What a term is to the set: one of the names of something, or where that does not count."""

    name: int
    """Of what is mentioned where the term stands: an item, or words of a rule."""
    order: int
    term: Term
    is_except: bool


class Pass(Protocol):
    """One look at a text for some terms."""

    def found(self, text: str) -> Iterator[tuple[Use, Span]]:
        """Yield what stands in a text, and where."""
        ...


class WordPass:
    """Terms that share one inflection, found by the words of a text."""

    def __init__(self, uses: Sequence[Use], inflection: Inflection) -> None:
        self._uses = uses
        self._inflection = inflection
        self._scanner = Scanner([use.term for use in uses], inflection)
        # Of the terms that were candidates once: most never are.
        self._met: dict[int, Occurrences] = {}

    def found(self, text: str) -> Iterator[tuple[Use, Span]]:
        """Yield what stands in a text, and where."""
        words, candidates = self._scanner.candidates(text)
        for term, first in candidates:
            use = self._uses[term]
            for start, end in self._occurrences(term).spans(text, words, first):
                yield use, Span(start, end, use.order, use.term.typed)

    def _occurrences(self, term: int) -> Occurrences:
        """Return the exact check of a term."""
        known = self._met.get(term)
        if known is None:
            known = Occurrences(self._uses[term].term, self._inflection)
            if len(self._met) < _MOST_MET:
                self._met[term] = known
        return known


class PatternPass:
    """Terms that are regular expressions."""

    def __init__(self, uses: Sequence[Use]) -> None:
        self._uses = uses
        self._patterns = Patterns([use.term.typed for use in uses])

    def found(self, text: str) -> Iterator[tuple[Use, Span]]:
        """Yield what stands in a text, and where."""
        for index, start, end in self._patterns.spans(text):
            use = self._uses[index]
            yield use, Span(start, end, use.order, use.term.typed)


def counting(passes: Iterable[Pass], text: str) -> Iterator[tuple[int, list[Span]]]:
    """Yield each name that is mentioned in a text with the spans that count, in order."""
    named: defaultdict[int, list[Span]] = defaultdict(list)
    excepted: defaultdict[int, list[Span]] = defaultdict(list)
    for one in passes:
        for use, span in one.found(text):
            (excepted if use.is_except else named)[use.name].append(span)
    for name, spans in sorted(named.items()):
        left = longest(outside(spans, excepted.get(name, ())))
        if left:
            yield name, left


def outside(spans: Iterable[Span], contexts: Sequence[Span]) -> list[Span]:
    """Return the spans that lie inside none of the contexts."""
    if not contexts:
        return list(spans)
    # The contexts by start, with the farthest end that any of them has reached by then.
    ordered = sorted(contexts)
    starts = [context.start for context in ordered]
    reach: list[int] = []
    for context in ordered:
        reach.append(max(context.end, reach[-1]) if reach else context.end)
    kept = []
    for span in spans:
        at = bisect_left(starts, span.start + 1) - 1
        if at < 0 or reach[at] < span.end:
            kept.append(span)
    return kept


def longest(spans: Sequence[Span]) -> list[Span]:
    """Return the longest span, the leftmost of equals, then the longest that overlaps none, ..."""
    if len(spans) == 1:
        return list(spans)
    taken = bytearray(max((span.end for span in spans), default=0))
    kept = []
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start, span.order)):
        if taken.find(1, span.start, span.end) < 0:
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
            kept.append(span)
    return sorted(kept)
