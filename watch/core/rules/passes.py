"""Terms in a text: found by passes over it, then those that count for each name."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from watch.core.rules.compile import Scanner
from watch.core.rules.occurrences import Occurrences
from watch.core.rules.patterns import Patterns
from watch.core.rules.terms import Term
from watch.core.words.alphabet import Passage
from watch.core.words.languages import Inflection
from watch.core.words.memory import Memory

_MOST_MET = 100_000
"""Terms whose exact check is kept ready."""
_MOST_KNOWN = 100_000
"""Passages of texts that were checked and are remembered: names are mostly written alike."""
_LONGEST_KNOWN = 200
"""Characters of such a passage."""


class Use(NamedTuple):
    """What a term is to the set: one of the names of something, or where that does not count."""

    name: int
    """Of what is mentioned where the term stands: an item, or words of a rule."""
    order: int
    """Of the term among all: of terms that find the same words the first is named."""
    term: Term
    is_except: bool


class Span(NamedTuple):
    """Where a term stands in a text."""

    start: int
    end: int
    use: Use


class Pass(Protocol):
    """One look at a text for some terms."""

    def found(self, text: str) -> Sequence[Span]:
        """Return what stands in a text, and where."""
        ...


class WordPass:
    """Terms that share one inflection, found by the words of a text."""

    def __init__(self, uses: Sequence[Use], inflection: Inflection) -> None:
        self._uses = uses
        self._inflection = inflection
        self._scanner = Scanner((use.term for use in uses), inflection)
        # Of the terms that were candidates once: most never are.
        self._met = Memory[int, Occurrences](_MOST_MET)
        # Of a term and a passage: where in that it stands.
        self._known = Memory[tuple[int, Passage], Sequence[tuple[int, int]]](_MOST_KNOWN)

    def found(self, text: str) -> Sequence[Span]:
        """Return what stands in a text, and where."""
        words, candidates = self._scanner.candidates(text)
        found: list[Span] = []
        for term, first in candidates:
            occurrences = self._met.get(term) or self._meet(term)
            at, passage = occurrences.passage(words, first)
            spans = self._known.get((term, passage)) if passage else None
            if spans is None:
                spans = [
                    (start - at, end - at) for start, end in occurrences.spans(text, words, first)
                ]
                if passage and len(passage[0]) <= _LONGEST_KNOWN:
                    self._known.keep((term, passage), spans)
            if spans:
                use = self._uses[term]
                found += [Span(at + start, at + end, use) for start, end in spans]
        return found

    def _meet(self, term: int) -> Occurrences:
        """Return the exact check of a term that is not kept ready."""
        return self._met.keep(term, Occurrences(self._uses[term].term, self._inflection))


class PatternPass:
    """Terms that are regular expressions."""

    def __init__(self, uses: Sequence[Use]) -> None:
        self._uses = uses
        self._patterns = Patterns([use.term.typed for use in uses])

    def found(self, text: str) -> Sequence[Span]:
        """Return what stands in a text, and where."""
        return [
            Span(start, end, self._uses[index]) for index, start, end in self._patterns.spans(text)
        ]


def counting(passes: Iterable[Pass], text: str) -> dict[int, list[Span]]:
    """Return the names that are mentioned in a text, each with the spans that count, in order."""
    found = [span for one in passes for span in one.found(text)] if text else []
    if not found:
        return {}
    named: defaultdict[int, list[Span]] = defaultdict(list)
    excepted: defaultdict[int, list[Span]] = defaultdict(list)
    for span in found:
        use = span.use
        (excepted if use.is_except else named)[use.name].append(span)
    for name in excepted.keys() & named.keys():
        named[name] = outside(named[name], excepted[name])
    return {name: longest(spans) for name, spans in named.items() if spans}


def outside(spans: Iterable[Span], contexts: Sequence[Span]) -> list[Span]:
    """Return the spans that lie inside none of the contexts."""
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


def longest(spans: list[Span]) -> list[Span]:
    """Return the longest span, the leftmost of equals, then the longest that overlaps none, ..."""
    if len(spans) == 1:
        return spans
    taken = bytearray(max((span.end for span in spans), default=0))
    kept = []
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start, span.use.order)):
        if taken.find(1, span.start, span.end) < 0:
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
            kept.append(span)
    return sorted(kept)
