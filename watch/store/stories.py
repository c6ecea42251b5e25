"""Stories: what documents tell, found again by a few marks of their wording."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, insert, select, update

from watch.core.model import Document, DocumentId
from watch.core.story import Sketch, is_same_story, marks_of
from watch.store.db import VALUES, Transaction, rows_for
from watch.store.tables import DocumentRow, StoryMarkRow, StoryRow, table_of

LASTS = timedelta(days=14)
"""How long after its first document a story takes in others."""
MOST_STORIES = 20
"""How many stories a mark leads to: beyond that it is what a source writes below everything."""
_LEAST_SHARED = 3
"""How many marks two documents share at the least that may be one story; one that has fewer marks
shares them all. Of 16 the fewest seen were 5, in 6,000 pairs just alike enough."""
_MOST_COMPARED = 3
"""How many stories a document is compared with, those first that share the most marks."""

_DOCUMENTS = table_of(DocumentRow)
_MARKS = table_of(StoryMarkRow)
_STORIES = table_of(StoryRow)

# Statements are made once: to put one together takes longer than to execute it.
_GET_EARLIER = (
    select(_DOCUMENTS.c.key, func.max(_DOCUMENTS.c.story_id))
    .where(
        _DOCUMENTS.c.source == bindparam("source"),
        _DOCUMENTS.c.key.in_(VALUES),
        _DOCUMENTS.c.story_id.is_not(None),
    )
    .group_by(_DOCUMENTS.c.key)
)
# A row for each mark, not for each of its stories: a row takes longer than what is in it.
_GET_MARKED = (
    select(_MARKS.c.mark, func.group_concat(_MARKS.c.story_id))
    .join(_STORIES, _STORIES.c.id == _MARKS.c.story_id)
    .where(_MARKS.c.mark.in_(VALUES), _STORIES.c.opened > bindparam("after"))
    .group_by(_MARKS.c.mark)
)
_GET_STORIES = select(_STORIES).where(_STORIES.c.id.in_(VALUES))
_GET_NUMBERS = select(_STORIES.c.key, _STORIES.c.id).where(_STORIES.c.key.in_(VALUES))
_ADD_STORIES = insert(_STORIES).prefix_with("OR IGNORE")
_ADD_MARKS = insert(_MARKS).prefix_with("OR IGNORE")
_SET_STORY = (
    update(_DOCUMENTS)
    .where(_DOCUMENTS.c.id == bindparam("document"))
    .values(story_id=bindparam("story"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """A story that a document may tell."""

    key: str
    sketch: Sketch
    opened: datetime
    marks: tuple[int, ...] = ()
    """Those by which a new one is to be found."""


class _Shelf:
    """The stories that the documents of a batch may tell; new ones have numbers below zero."""

    def __init__(
        self, transaction: Transaction, sketches: Iterable[Sketch], *, after: datetime
    ) -> None:
        """Look for those opened after a time: what is over neither takes in nor crowds out."""
        self._transaction = transaction
        self._stories: dict[int, _Story] = {}
        self._by_mark: defaultdict[int, list[int]] = defaultdict(list)
        marks = {mark for sketch in sketches for mark in marks_of(sketch)}
        for mark, stories in rows_for(transaction, _GET_MARKED, marks, after=after):
            self._by_mark[mark] = sorted(map(int, stories.split(",")))

    def find(self, sketch: Sketch, seen: datetime) -> int | None:
        """Return the story that a document tells: of those that share most marks, the oldest."""
        marks = marks_of(sketch)
        shared: Counter[int] = Counter()
        for mark in marks:
            shared.update(self._by_mark[mark])
        least = min(_LEAST_SHARED, len(marks))
        likely = [one for one, count in shared.most_common(_MOST_COMPARED) if count >= least]
        self._load(one for one in likely if one not in self._stories)
        for number in likely:
            story = self._stories[number]
            if seen - story.opened < LASTS and is_same_story(story.sketch, sketch):
                return number
        return None

    def open(self, document: Document, sketch: Sketch) -> int:
        """Return the story that a document is the first of."""
        number = -1 - len(self._stories)
        marks = tuple(one for one in marks_of(sketch) if len(self._by_mark[one]) < MOST_STORIES)
        for mark in marks:
            self._by_mark[mark].append(number)
        self._stories[number] = _Story(
            key=key_of(document.name), sketch=sketch, opened=document.seen, marks=marks
        )
        return number

    def keep(self) -> Mapping[int, int]:
        """Keep the new stories; return their numbers in the database."""
        new = {number: story for number, story in self._stories.items() if number < 0}
        if not new:
            return {}
        rows = [
            {"key": story.key, "sketch": story.sketch.packed(), "opened": story.opened}
            for story in new.values()
        ]
        self._transaction.execute(_ADD_STORIES, rows)
        keys = [story.key for story in new.values()]
        numbers = dict(rows_for(self._transaction, _GET_NUMBERS, keys))
        marks = [
            {"mark": mark, "story_id": numbers[story.key]}
            for story in new.values()
            for mark in story.marks
        ]
        if marks:
            self._transaction.execute(_ADD_MARKS, marks)
        return {number: numbers[story.key] for number, story in new.items()}

    def _load(self, numbers: Iterable[int]) -> None:
        for row in rows_for(self._transaction, _GET_STORIES, numbers):
            self._stories[row.id] = _Story(
                key=row.key, sketch=Sketch.unpacked(row.sketch), opened=row.opened
            )


def key_of(name: str) -> str:
    """Return what names, in any database, the story that the document of a name is the first of."""
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def place_in_stories(
    transaction: Transaction, documents: Sequence[tuple[DocumentId, Document, Sketch]]
) -> None:
    """Note which story each document of one source tells, and open one where none is known.

    An edited document stays in its story. Others are compared with the first document of a
    story alone: compared with the last, a story could become another little by little.
    """
    if not documents:
        return
    source = documents[0][1].source
    keys = [document.key for _, document, _ in documents]
    placed: dict[str, int] = dict(rows_for(transaction, _GET_EARLIER, keys, source=source))
    fresh = [(one, sketch) for _, one, sketch in documents if one.key not in placed]
    first = min(document.seen for _, document, _ in documents)
    shelf = _Shelf(transaction, [sketch for _, sketch in fresh], after=first - LASTS)
    for document, sketch in fresh:
        found = shelf.find(sketch, document.seen)
        placed[document.key] = shelf.open(document, sketch) if found is None else found
    kept = shelf.keep()
    transaction.execute(
        _SET_STORY,
        [
            {"document": number, "story": kept.get(story, story)}
            for number, document, _ in documents
            for story in [placed[document.key]]
        ],
    )
