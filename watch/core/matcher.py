"""A document against all rules in one pass: which items are mentioned, which rules hold."""

from bisect import bisect_left
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from watch.core.model import Document, Failure, Field, Finding, Matching, Mention
from watch.core.rules.compile import Scanner
from watch.core.rules.occurrences import Occurrences
from watch.core.rules.ruleset import Item, Ruleset
from watch.core.rules.terms import Term
from watch.core.words.languages import Inflection, inflection_of

MOST_MENTIONS = 10_000
"""Of one item in one document; beyond that a failure says how many were left out."""
_MOST_PROGRAMS = 4
"""Inflections for which a compiled form is kept; each may be as large as the rules."""
_MOST_MET = 100_000
"""Terms whose exact check is kept ready."""


class _Span(NamedTuple):
    start: int
    end: int
    order: int
    """Of the term among all: of terms that find the same words the first is named."""
    term: str


@dataclass(frozen=True, slots=True)
class _Use:
    """What a term is to the set: a name of an item, or a context in which it does not count."""

    item: int
    term: Term
    is_except: bool


@dataclass(frozen=True, slots=True)
class _Pass:
    """The terms that share one inflection, and what finds them."""

    inflection: Inflection
    uses: tuple[_Use, ...]
    scanner: Scanner
    met: dict[int, Occurrences]
    """Of the terms that were candidates once: most never are."""

    def occurrences(self, term: int) -> Occurrences:
        """Return the exact check of a term, by its index in `uses`."""
        known = self.met.get(term)
        if known is None:
            known = Occurrences(self.uses[term].term, self.inflection)
            if len(self.met) < _MOST_MET:
                self.met[term] = known
        return known


class Matcher:
    """A ruleset made ready. It never changes, and may be used from several threads at once."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self._uses: defaultdict[str | None, list[_Use]] = defaultdict(list)
        for index, item in enumerate(ruleset.items):
            uses = self._uses[item.language]
            uses.extend(_Use(index, term, is_except=False) for term in item.terms)
            uses.extend(_Use(index, term, is_except=True) for term in item.excepts)
        self._programs: OrderedDict[Inflection, tuple[_Pass, ...]] = OrderedDict()
        self._lock = Lock()

    def prepare(self, languages: tuple[str, ...] = ()) -> None:
        """Compile for documents of these languages now, not when the first of them comes."""
        self._program(inflection_of(languages))

    def match(self, document: Document) -> Matching:
        """Return the mentions and findings of a document.

        A rule that cannot be checked in full is a failure in the result; nothing is raised.
        """
        program = self._program(inflection_of(document.languages))
        by_item: defaultdict[int, list[Mention]] = defaultdict(list)
        failures: list[Failure] = []
        for field in Field:
            for index, spans in _mentioned(program, document.field_text(field)):
                item = self.ruleset.items[index].id
                by_item[index] += [
                    Mention(item=item, field=field, start=start, end=end, term=term)
                    for start, end, _, term in spans[:MOST_MENTIONS]
                ]
                if len(spans) > MOST_MENTIONS:
                    failures.append(_too_many(item, len(spans)))
        mentions = [mention for index in sorted(by_item) for mention in by_item[index]]
        return Matching(
            mentions=tuple(sorted(mentions, key=_reading_order)),
            findings=tuple(self._findings(by_item)),
            failures=tuple(failures),
        )

    def _findings(self, by_item: Mapping[int, Sequence[Mention]]) -> Iterator[Finding]:
        for index in sorted(by_item):
            item = self.ruleset.items[index]
            if item.has_alert:
                yield finding_of(item, by_item[index])

    def _program(self, inflection: Inflection) -> tuple[_Pass, ...]:
        """Return the passes for an inflection, compiled when it is first met."""
        with self._lock:
            if inflection in self._programs:
                self._programs.move_to_end(inflection)
                return self._programs[inflection]
            # Items with a language of their own join those without where both inflect alike.
            shared: defaultdict[Inflection, list[_Use]] = defaultdict(list)
            for language, uses in self._uses.items():
                shared[inflection.within(language)].extend(uses)
            program = tuple(
                _Pass(own, tuple(uses), Scanner([use.term for use in uses], own), {})
                for own, uses in shared.items()
            )
            self._programs[inflection] = program
            while len(self._programs) > _MOST_PROGRAMS:
                self._programs.popitem(last=False)
            return program


def finding_of(item: Item, mentions: Sequence[Mention]) -> Finding:
    """Return the finding that an item is its own rule for."""
    return Finding(
        rule=item.id,
        name=item.name,
        severity=item.severity,
        tags=item.tags,
        place=item.place,
        note=item.note,
        mentions=tuple(mentions),
    )


def _too_many(item: str, count: int) -> Failure:
    kept = f"the first {MOST_MENTIONS:,} were kept"
    return Failure(rule=item, text=f"{count:,} mentions in one document; {kept}")


def _reading_order(mention: Mention) -> tuple[bool, int, int]:
    return mention.field is Field.TEXT, mention.start, mention.end


def _mentioned(program: Iterable[_Pass], text: str) -> Iterator[tuple[int, list[_Span]]]:
    """Yield each item found in the text with the spans that count, in order."""
    named: defaultdict[int, list[_Span]] = defaultdict(list)
    excepted: defaultdict[int, list[_Span]] = defaultdict(list)
    for one in program:
        words, candidates = one.scanner.candidates(text)
        for term, first in candidates:
            found = one.occurrences(term).spans(text, words, first)
            if found:
                use = one.uses[term]
                spans = (excepted if use.is_except else named)[use.item]
                spans.extend(_Span(start, end, term, use.term.typed) for start, end in found)
    for item, spans in sorted(named.items()):
        counting = longest(outside(spans, excepted.get(item, ())))
        if counting:
            yield item, counting


def outside(spans: Iterable[_Span], contexts: Sequence[_Span]) -> list[_Span]:
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


def longest(spans: Sequence[_Span]) -> list[_Span]:
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
