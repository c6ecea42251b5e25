from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from tests.builders import NOW, a_document
from watch.core.model import Document, DocumentId
from watch.core.story import is_same_story, marks_of, sketch_of
from watch.store.db import Store, Transaction
from watch.store.documents import add_documents
from watch.store.stories import LASTS, MOST_STORIES, place_in_stories

NEWS = (
    "Three goods trains that left a works near the coast on Monday carried suicide drones under "
    "their covers, the military said on Wednesday. It had followed them for two nights. How many "
    "the trains held it would not say, but an officer showed pictures of long and light boxes."
)
OTHER = (
    "A court in the capital sentenced two bankers for moving money on behalf of a shipping "
    "company that does not exist. The judge said that the names of its owners had been taken from "
    "a cemetery, and that nobody at the bank had asked why they had all died in the same year."
)


def put(transaction: Transaction, *documents: Document, start: int = 0) -> tuple[DocumentId, ...]:
    """Keep documents of one source and place them in stories, in one batch."""
    new = [
        replace(one, key=one.key if one.key != "briefing.txt" else f"{start + at}")
        for at, one in enumerate(documents)
    ]
    added = add_documents(transaction, [(one, ()) for one in new], ruleset="r")
    numbers = tuple(one.id for one in added if one is not None)
    place_in_stories(
        transaction,
        [(number, one, sketch_of(one)) for number, one in zip(numbers, new, strict=True)],
    )
    return numbers


def stories(transaction: Transaction) -> list[int | None]:
    return [
        one for (one,) in transaction.execute(text("SELECT story_id FROM documents ORDER BY id"))
    ]


async def test_reprints_are_one_story_in_one_batch_and_over_batches(store: Store) -> None:
    await store.write(
        put, a_document(NEWS), a_document(OTHER), a_document(f"{NEWS} More to follow.")
    )
    await store.write(put, a_document(f"HARBOUR WIRE - {NEWS}", source="wire"), start=10)
    first, other, again, elsewhere = await store.read(stories)
    assert first == again == elsewhere
    assert other not in (first, None)
    await store.write(place_in_stories, [])


async def test_after_its_time_a_story_takes_in_no_more(store: Store) -> None:
    for at, age in enumerate([timedelta(), LASTS - timedelta(seconds=1), LASTS]):
        later = replace(a_document(f"{NEWS} {'again ' * at}"), seen=NOW + age)
        await store.write(put, later, start=at)
    first, second, third = await store.read(stories)
    assert first == second != third


async def test_an_edited_document_stays_in_its_story_whatever_it_says(store: Store) -> None:
    await store.write(put, a_document(NEWS, key="a"), a_document(OTHER, key="b"))
    await store.write(put, a_document(OTHER + " Edited.", key="a"))
    first, other, edited = await store.read(stories)
    assert first == edited != other


async def test_a_story_does_not_wander_from_document_to_document(store: Store) -> None:
    words, others = NEWS.split(), OTHER.split()
    drift = [" ".join([*words, *others[: at * 4]]) for at in range(12)]
    drift += [" ".join([*words[at * 4 :], *others]) for at in range(12)]
    for at, one in enumerate(drift):
        await store.write(put, a_document(one), start=at)
    numbers = await store.read(stories)
    assert numbers[0] == numbers[1] == numbers[2]
    assert numbers[-1] != numbers[0], "though each is like the one before it"
    sketches = [sketch_of(a_document(one)) for one in drift]
    assert all(map(is_same_story, sketches, sketches[1:]))


def _report(day: int) -> str:
    return f"{NEWS} In figures: {', '.join(str(100 * day + figure) for figure in range(9))}."


async def test_a_mark_that_too_many_stories_share_leads_to_no_more_of_them(store: Store) -> None:
    """The daily report of one form: all figures differ, the words are the same."""

    def put_all(transaction: Transaction) -> None:
        for at in range(MOST_STORIES + 20):
            put(transaction, a_document(_report(at)), start=at)

    await store.write(put_all)
    numbers = await store.read(stories)
    assert len(set(numbers)) == MOST_STORIES + 20
    most = "SELECT max(n) FROM (SELECT count(*) AS n FROM story_marks GROUP BY mark)"
    assert await store.read(lambda transaction: transaction.scalar(text(most))) == MOST_STORIES
    # Those that are over stand in nobody's way.
    for at, words in enumerate(["", " Once more."]):
        late = replace(a_document(_report(500) + words), seen=NOW + LASTS)
        await store.write(put, late, start=1_000 + at)
    *_, last, again = await store.read(stories)
    assert last == again
    assert last not in numbers


async def test_the_oldest_story_of_those_that_fit_is_taken(store: Store) -> None:
    whole = NEWS.split()
    one = " ".join(whole)
    two = " ".join([*whole[:32], *OTHER.split()[:30]])
    assert set(marks_of(sketch_of(a_document(one)))) & set(marks_of(sketch_of(a_document(two))))
    await store.write(put, a_document(one))
    await store.write(put, a_document(two), start=1)
    await store.write(put, a_document(f"{one} Again."), start=2)
    first, _, third = await store.read(stories)
    assert first == third


async def test_a_document_without_words_is_a_story_of_its_own(store: Store) -> None:
    await store.write(put, a_document(""))
    await store.write(put, a_document(NEWS), start=5)
    first, second = await store.read(stories)
    assert None not in {first, second}
    assert first != second
