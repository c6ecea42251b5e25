"""The naive twin of evaluation: "When a rule holds" of rules/README.md, stated a second time.

Slow, and written from that page alone: every place is held against every other. It shares
only where sentences and paragraphs end, which has a table of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import regex

from tests.core.naive_words import words_of
from watch.core.model import Document, Field, Mention
from watch.core.rules.syntax import (
    And,
    Apart,
    AtLeast,
    Expression,
    LanguageIs,
    Near,
    Not,
    Or,
    SomeOf,
    SourceIs,
    Together,
    Unit,
    Within,
)
from watch.core.words.boundaries import paragraph_ends, sentence_ends


class Place(NamedTuple):
    field: Field
    start: int
    end: int


Met = Mapping[Place, frozenset[Mention]]
"""Where an expression is met, and by which mentions."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A document, and the mentions in it of each word, item and tag of a rule."""

    document: Document
    mentions: Mapping[Expression, Sequence[Mention]]

    def only(self, field: Field) -> "Seen":
        """Return what is seen when all that stands outside a field is overlooked."""
        mentions = {
            operand: [mention for mention in found if mention.field is field]
            for operand, found in self.mentions.items()
        }
        return Seen(document=self.document, mentions=mentions)


def naive_evaluate(expression: Expression, seen: Seen) -> tuple[Mention, ...] | None:
    """Return every mention that makes an expression hold; None when it does not."""
    met = meets(expression, seen)
    return None if met is None else in_reading_order(frozenset().union(*met.values()))


def in_reading_order(mentions: frozenset[Mention]) -> tuple[Mention, ...]:
    by_place = sorted(mentions, key=lambda one: (one.start, one.end, one.item, one.term))
    return tuple(one for field in Field for one in by_place if one.field is field)


def meets(expression: Expression, seen: Seen) -> Met | None:  # noqa: C901, PLR0911 (one for each kind)
    match expression:
        case Within(field=field, operand=operand):
            return meets(operand, seen.only(field))
        case SourceIs(glob=glob):
            pattern = ".*".join(map(regex.escape, glob.split("*")))
            return {} if regex.fullmatch(f"(?is){pattern}", seen.document.source) else None
        case LanguageIs(code=code):
            return {} if seen.document.languages[:1] == (code,) else None
        case Not(operand=operand):
            return {} if meets(operand, seen) is None else None
        case AtLeast(count=count, operand=operand):
            met = meets(operand, seen)
            return met if met is not None and len(met) >= count else None
        case SomeOf(count=count, operands=operands):
            held = [met for each in operands if (met := meets(each, seen)) is not None]
            return joined(*held) if len(held) >= count else None
        case And(operands=operands):
            return meets(SomeOf(count=len(operands), operands=operands), seen)
        case Or(operands=operands):
            return meets(SomeOf(count=1, operands=operands), seen)
        case Near(left=left, right=right) | Together(left=left, right=right):
            one, other = meets(left, seen) or {}, meets(right, seen) or {}
            return pairs(expression, one, other, seen.document) or None
        case Apart(reach=reach, left=left, right=right):
            one, other = meets(left, seen) or {}, meets(right, seen) or {}
            return {
                place: mentions
                for place, mentions in one.items()
                if not any(is_near(place, each, reach, seen.document) for each in other)
            } or None
    return (
        joined(
            *({Place(m.field, m.start, m.end): frozenset({m})} for m in seen.mentions[expression])
        )
        or None
    )


def joined(*parts: Met) -> Met:
    """Return the places of all parts, each with the mentions of all."""
    places = {place for part in parts for place in part}
    empty: frozenset[Mention] = frozenset()
    return {place: empty.union(*(part.get(place, empty) for part in parts)) for place in places}


def pairs(expression: Near | Together, left: Met, right: Met, document: Document) -> Met:
    """Return for each pair that is near the place from its first to its last word."""
    reach = expression.words if isinstance(expression, Near) else expression.unit
    is_ordered = isinstance(expression, Near) and expression.is_ordered
    return joined(
        *(
            {Place(a.field, min(a.start, b.start), max(a.end, b.end)): left[a] | right[b]}
            for a, b in product(left, right)
            if is_near(a, b, reach, document) and (a.start < b.start or not is_ordered)
        )
    )


def is_near(one: Place, other: Place, reach: int | Unit, document: Document) -> bool:
    """Whether two places of one field do not overlap, and are near."""
    if one.field is not other.field or (one.start < other.end and other.start < one.end):
        return False
    text = document.field_text(one.field)
    if isinstance(reach, Unit):
        return not touched(one, text, reach).isdisjoint(touched(other, text, reach))
    end, start = min(one.end, other.end), max(one.start, other.start)
    return sum(end <= first and last <= start for first, last in counted_words(text)) <= reach


def touched(place: Place, text: str, unit: Unit) -> set[int]:
    """Return the numbers of the sentences or paragraphs in which a place has a letter."""
    ends = sentence_ends(text) if unit is Unit.SENTENCE else paragraph_ends(text)
    return {sum(end <= offset for end in ends) for offset in range(place.start, place.end)}


def counted_words(text: str) -> list[tuple[int, int]]:
    """Return the span of each word; in Hangul that is what stands between spaces."""
    spans: list[tuple[int, int]] = []
    before = ""
    for word in words_of(text):
        start, end = word.start, word.end
        is_hangul = before == word.script == "Hangul"
        if is_hangul and not any(map(str.isspace, text[spans[-1][1] : start])):
            start = spans.pop()[0]
        spans.append((start, end))
        before = word.script
    return spans
