from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from tests.builders import NOW, a_document
from tests.store.test_tellings import accept
from watch.core.alerts import Silence, Silenced, SilenceKind, Telling
from watch.core.model import DocumentId
from watch.core.story import sketch_of
from watch.store.db import Store, Transaction
from watch.store.documents import add_documents
from watch.store.holdings import get_holdings
from watch.store.retention import LetGo, Page, get_page, let_documents_go
from watch.store.silences import add_silence, lift_silences
from watch.store.stories import place_in_stories
from watch.store.tellings import add_tellings, settle

LATER = NOW + timedelta(days=31)
BEFORE = LATER - timedelta(days=30)


async def _page(store: Store, *, most: int = 10, before: Page | None = None) -> Page:
    after = None if before is None else before.last
    return await store.read(get_page, BEFORE, LATER, after=after, most=most)


async def _let_go(store: Store, page: Page, documents: Collection[DocumentId]) -> LetGo:
    return await store.write(let_documents_go, documents, LATER, newest=page.newest)


async def test_pages_follow_each_other_whatever_came_at_one_moment(store: Store) -> None:
    numbers = [(await store.write(accept, f"text {n}", "icbm"))[0] for n in range(5)]
    first = await _page(store, most=2)
    second = await _page(store, most=2, before=first)
    third = await _page(store, most=2, before=second)
    assert [*first.documents, *second.documents, *third.documents] == numbers
    assert third.last is None
    assert set(first.documents.values()) == {1}, "each has a mention"


async def test_a_document_is_let_go_once(store: Store) -> None:
    number, _ = await store.write(accept, "An ICBM", "icbm", "nis")
    page = await _page(store)
    assert await _let_go(store, page, [number]) == LetGo(documents=1, findings=2)
    assert await _let_go(store, page, [number]) == LetGo()
    assert (await _page(store)).documents == {}


async def test_what_waits_again_since_it_was_looked_at_stays(store: Store) -> None:
    number, (finding,) = await store.write(accept, "An ICBM", "icbm")
    silence = await store.write(
        add_silence, Silence(kind=SilenceKind.RULE, value="icbm", since=NOW, until=BEFORE, note="")
    )
    await store.write(add_tellings, [Telling(finding=finding, subscription="a", since=NOW)])
    hidden = Silenced(subscription="a", finding=finding, silence=silence.id)
    await store.write(settle, [], [hidden])
    page = await _page(store)
    assert list(page.documents) == [number]
    await store.write(lift_silences, [silence.id])
    assert await _let_go(store, page, page.documents) == LetGo()
    assert (await _page(store)).documents == {}


def _tell_again(transaction: Transaction, words: str) -> tuple[DocumentId, object]:
    """Keep the document of `accept` once more, at another address, in the same story."""
    document = replace(a_document(words, title=f"On {words}", key="c"), url="https://x")
    (added,) = add_documents(transaction, [(document, ())], ruleset="r")
    assert added is not None
    place_in_stories(transaction, [(added.id, document, sketch_of(document))])
    return added.id, None


async def _edit(store: Store, key: str) -> None:
    edited = replace(a_document(f"{key}, corrected", key=key), seen=LATER)
    await store.write(add_documents, [(edited, ())], ruleset="r")


async def test_nothing_goes_on_the_word_of_a_page_older_than_an_edit(store: Store) -> None:
    first, _ = await store.write(accept, "An ICBM", "icbm", key="a")
    second, _ = await store.write(accept, "Words of their own", "icbm", key="b")
    third, _ = await store.write(_tell_again, "An ICBM")
    page = await _page(store)
    await _edit(store, "a")
    assert await _let_go(store, page, [first]) == LetGo()
    assert await _let_go(store, page, [third]) == LetGo(), "it is of the same story"
    assert await _let_go(store, page, [second]) == LetGo(documents=1, findings=1)
    assert (await _page(store)).documents == {}, "a document of their story was edited lately"


async def test_what_is_left_of_a_document_takes_little_room(store: Store) -> None:
    """A text of a page's size leaves no page behind that is nearly empty."""

    def add(transaction: Transaction) -> None:
        new = [(a_document("x" * 2_700 + str(n), key=f"{n}.txt"), ()) for n in range(400)]
        add_documents(transaction, new, ruleset="r" * 64)

    def used(transaction: Transaction) -> int:
        pages, free = (
            transaction.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("page_count", "freelist_count")
        )
        return int(pages - free) * 4096

    empty = await store.read(used)
    await store.write(add)
    full = await store.read(used)
    page = await _page(store, most=400)
    numbers = list(page.documents)
    for start in range(0, 400, 20):
        await _let_go(store, page, numbers[start : start + 20])
    assert (full - empty) / 400 > 4_000
    assert (await store.read(used) - empty) / 400 < 900
    holdings = await store.read(get_holdings)
    assert (holdings.documents, holdings.let_go, holdings.since) == (0, 400, None)
