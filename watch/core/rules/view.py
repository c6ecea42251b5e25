"""One document as rules see it: the mentions in it, its words, sentences and paragraphs."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from watch.core.model import Document, Field, Mention
from watch.core.rules.syntax import Unit
from watch.core.words.boundaries import paragraph_ends, sentence_ends
from watch.core.words.distance import WordPlaces


class Spot(NamedTuple):
    """A place of a document at which an operand stands, and the mentions it is made of."""

    field: Field
    start: int
    end: int
    mentions: tuple[Mention, ...]


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


class View:
    """A document with all mentions that the rules to be checked ask for.

    Views of one document may share its layout: rules whose words are of different languages see
    different mentions at the same places.
    """

    __slots__ = ("_items", "_tags", "_words", "document", "layout")

    def __init__(
        self,
        document: Document,
        *,
        items: Mapping[str, Sequence[Mention]] | None = None,
        tags: Mapping[str, Sequence[Mention]] | None = None,
        words: Mapping[str, Sequence[Mention]] | None = None,
        layout: Layout | None = None,
    ) -> None:
        """Take the mentions of each item by its id, of each tag, of each operand as it was typed.

        What is missing stands nowhere in the document.
        """
        self.document = document
        self.layout = Layout(document) if layout is None else layout
        self._items = items or {}
        self._tags = tags or {}
        self._words = words or {}

    def mentions_of_item(self, item: str) -> Sequence[Mention]:
        """Return the mentions of an item."""
        return self._items.get(item, ())

    def mentions_tagged(self, tag: str) -> Sequence[Mention]:
        """Return the mentions of all items of a kind or tag."""
        return self._tags.get(tag, ())

    def mentions_of_words(self, typed: str) -> Sequence[Mention]:
        """Return where a word, phrase or pattern stands."""
        return self._words.get(typed, ())

    def words_between(self, field: Field, end: int, start: int) -> int:
        """Return how many whole words stand between two places of a field."""
        return self.layout.words(field).between(end, start)

    def sentence(self, field: Field, offset: int) -> int:
        """Return the number of the sentence in which an offset lies, from 0."""
        return self.layout.unit(Unit.SENTENCE, field, offset)

    def paragraph(self, field: Field, offset: int) -> int:
        """Return the number of the paragraph in which an offset lies, from 0."""
        return self.layout.unit(Unit.PARAGRAPH, field, offset)
