"""One document as rules see it: the mentions in it, its words, sentences and paragraphs."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, assert_never

from watch.core.model import Document, Field, Mention
from watch.core.rules.operands import Operand
from watch.core.rules.syntax import ItemIs, Tagged, Unit, Words
from watch.core.words.boundaries import paragraph_ends, sentence_ends
from watch.core.words.distance import WordPlaces

MOST_SPOTS = 10_000
"""Of each side of a proximity in one field, so many places take part; of two proximities, one
within the other, half as many, and so on: fifty take no longer than one."""


class Spot(NamedTuple):
    """A place of a document at which an expression is met, and what it is made of.

    A place of a proximity is made of the places of its two sides, not of all their mentions:
    places that run over much of a text may be of thousands each.
    """

    field: Field
    start: int
    end: int
    made_of: tuple["Spot | Mention", ...]


def mentions_of(spots: Iterable[Spot]) -> set[Mention]:
    """Return the mentions that places are made of in the end."""
    mentions: set[Mention] = set()
    seen: set[int] = set()
    waiting: list[Spot | Mention] = list(spots)
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, Mention):
            mentions.add(part)
        else:
            waiting += part.made_of
    return mentions


def merged(spots: Iterable[Spot]) -> list[Spot]:
    """Return the places in reading order, those of the same span as one."""
    by_place: dict[tuple[bool, int, int], list[Spot]] = {}
    for spot in spots:
        place = (spot.field is Field.TEXT, spot.start, spot.end)
        by_place.setdefault(place, []).append(spot)
    return [_one(by_place[place]) for place in sorted(by_place)]


class Layout:
    """The words, sentences and paragraphs of a document, each found when it is first asked for."""

    __slots__ = ("_document", "_ends", "_words")

    def __init__(self, document: Document) -> None:
        self._document = document
        self._words: dict[Field, WordPlaces] = {}
        self._ends: dict[tuple[Field, Unit], list[int]] = {}

    def words(self, field: Field) -> WordPlaces:
        """Return where the words of a field stand."""
        if field not in self._words:
            self._words[field] = WordPlaces(self._document.field_text(field))
        return self._words[field]

    def unit(self, unit: Unit, field: Field, offset: int) -> int:
        """Return the number of the sentence or paragraph in which an offset lies, from 0."""
        ends = self._ends.get((field, unit))
        if ends is None:
            ends_of = sentence_ends if unit is Unit.SENTENCE else paragraph_ends
            ends = self._ends[field, unit] = ends_of(self._document.field_text(field))
        return bisect_right(ends, offset)


@dataclass(frozen=True, slots=True)
class View:
    """A document with all mentions that the rules to be checked ask for.

    What is missing stands nowhere in the document. Views of one document share its layout: rules
    whose words are of different languages see different mentions at the same places.
    """

    document: Document
    layout: Layout
    items: Mapping[str, Sequence[Mention]] = field(default_factory=dict)
    """The mentions of each item, by its id."""
    tags: Mapping[str, Sequence[Mention]] = field(default_factory=dict)
    """Those of all items of a kind or tag."""
    words: Mapping[str, Sequence[Mention]] = field(default_factory=dict)
    """Those of each word, phrase and pattern, as it was typed."""
    cut: Mapping[Operand, str] = field(default_factory=dict)
    """The operands of which not all mentions were kept, and how many there were, in words."""
    fields: frozenset[Field] = frozenset(Field)
    """Where mentions count."""
    most_spots: int = MOST_SPOTS
    """The bound of each proximity."""
    is_divided: bool = False
    """True within a proximity: the bound is its share."""
    _spots: dict[tuple[Operand, frozenset[Field]], list[Spot]] = field(default_factory=dict)
    """Those that were asked for: many rules have the same operand, one may have it many times."""

    def spots(self, operand: Operand) -> Sequence[Spot]:
        """Return the places of an operand that count, in reading order."""
        mentions = self._mentions(operand)
        if not mentions:
            return ()
        key = operand, self.fields
        known = self._spots.get(key)
        if known is None:
            known = self._spots[key] = merged(
                Spot(mention.field, mention.start, mention.end, (mention,))
                for mention in mentions
                if mention.field in self.fields
            )
        return known

    def _mentions(self, operand: Operand) -> Sequence[Mention]:
        match operand:
            case Words(typed=typed):
                return self.words.get(typed, ())
            case ItemIs(item=item):
                return self.items.get(item, ())
            case Tagged(tag=tag):
                return self.tags.get(tag, ())
        assert_never(operand)

    def within(self, field: Field) -> "View":
        """Return the view when only what is in that field counts."""
        return replace(self, fields=self.fields & {field})

    def divided_by(self, proximities: int) -> "View":
        """Return the view for so many proximities, one within the other: they share the bound."""
        return replace(self, most_spots=max(1, self.most_spots // proximities), is_divided=True)


def _one(spots: Sequence[Spot]) -> Spot:
    """Return the place that those of one span are."""
    if len(spots) == 1:
        return spots[0]
    return spots[0]._replace(made_of=tuple(part for spot in spots for part in spot.made_of))
