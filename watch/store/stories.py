"""Stories: what documents tell, found again by a few marks of their wording."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, insert, select, update

from watch.core.model import Document, DocumentId
from watch.core.story import Sketch, is_same_story, marks_of
from watch.store.db import VALUES, Transaction, rows_for
from watch.store.tables import DocumentRow, StoryMarkRow, StoryRow, table_of

LASTS = timedelta(days=14)
"""How long after its first document a story takes in others."""
MOST_STORIES = 100
"""How many stories a mark leads to: beyond that it is what a source writes below everything."""
_MOST_COMPARED = 20
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
_GET_MARKED = select(_MARKS.c.mark, _MARKS.c.story_id).where(_MARKS.c.mark.in_(VALUES))
_GET_STORIES = select(_STORIES).where(_STORIES.c.id.in_(VALUES))
_GET_NUMBERS = select(_STORIES.c.key, _STORIES.c.id).where(_STORIES.c.key.in_(VALUES))
_ADD_STORIES = insert(_STORIES).prefix_with("OR IGNORE")
_ADD_MARKS = insert(_MARKS).prefix_with("OR IGNORE")
_SET_STORY = (
    update(_DOCUMENTS)
    .where(_DOCUMENTS.c.id == bindparam("document"))
    .values(story_id=bindparam("story"))
)


@dataclass(slots=True)
class _Story:
    """A story that a document may tell."""

    key: str
    sketch: Sketch
    opened: datetime
    number: int | None = None
    """None for one that was opened by this very batch."""
    marks: list[int] = field(default_factory=list)
    """Those that lead to one of this batch."""


@dataclass(slots=True)
class _Shelf:
    """The stories that a batch of documents may tell, by their marks."""

    by_mark: defaultdict[int, list[_Story]] = field(default_factory=lambda: defaultdict(list))
    new: list[_Story] = field(default_factory=list)

    def find(self, sketch: Sketch, seen: datetime) -> _Story | None:
        """Return the story that a document tells; the oldest of those that share most marks."""
        shared: Counter[str] = Counter()
        stories: dict[str, _Story] = {}
        for mark in marks_of(sketch):
            for story in self.by_mark[mark]:
                shared[story.key] += 1
                stories[story.key] = story
        for key, _ in shared.most_common(_MOST_COMPARED):
            story = stories[key]
            if seen - story.opened < LASTS and is_same_story(story.sketch, sketch):
                return story
        return None

    def open(self, document: Document, sketch: Sketch) -> _Story:
        """Return the story that a document is the first of."""
        story = _Story(key=key_of(document.name), sketch=sketch, opened=document.seen)
        self.new.append(story)
        for mark in marks_of(sketch):
            if len(self.by_mark[mark]) < MOST_STORIES:
                self.by_mark[mark].append(story)
                story.marks.append(mark)
        return story


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
    earlier = dict(rows_for(transaction, _GET_EARLIER, keys, source=source))
    fresh = [one for one in documents if one[1].key not in earlier]
    shelf = _shelf(transaction, [sketch for _, _, sketch in fresh])
    placed = {
        number: shelf.find(sketch, document.seen) or shelf.open(document, sketch)
        for number, document, sketch in fresh
    }
    numbers = _add(transaction, shelf.new)
    transaction.execute(
        _SET_STORY,
        [
            {
                "document": number,
                "story": earlier[document.key]
                if document.key in earlier
                else placed[number].number or numbers[placed[number].key],
            }
            for number, document, _ in documents
        ],
    )


def _shelf(transaction: Transaction, sketches: Sequence[Sketch]) -> _Shelf:
    marks = {mark for sketch in sketches for mark in marks_of(sketch)}
    marked = list(rows_for(transaction, _GET_MARKED, marks))
    stories = {
        row.id: _Story(
            key=row.key, sketch=Sketch.unpacked(row.sketch), opened=row.opened, number=row.id
        )
        for row in rows_for(transaction, _GET_STORIES, {story for _, story in marked})
    }
    shelf = _Shelf()
    for mark, story in sorted(map(tuple, marked)):
        shelf.by_mark[mark].append(stories[story])
    return shelf


def _add(transaction: Transaction, stories: Sequence[_Story]) -> dict[str, int]:
    """Keep new stories; return their numbers by their keys."""
    if not stories:
        return {}
    transaction.execute(
        _ADD_STORIES,
        [
            {"key": story.key, "sketch": story.sketch.packed(), "opened": story.opened}
            for story in stories
        ],
    )
    keys = [story.key for story in stories]
    numbers = dict(rows_for(transaction, _GET_NUMBERS, keys))
    marks = [
        {"mark": mark, "story_id": numbers[story.key]} for story in stories for mark in story.marks
    ]
    if marks:
        transaction.execute(_ADD_MARKS, marks)
    return numbers
