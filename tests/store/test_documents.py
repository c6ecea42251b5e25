from dataclasses import replace

from tests.builders import NOW, a_document, a_matching, a_mention
from watch.core.model import Document, Mention
from watch.store import documents, findings
from watch.store.db import MOST_VALUES, Store

DOCUMENT = replace(
    a_document("An ICBM 북한 \U0001f680", title="ICBM", url="https://example.org/1"),
    published=NOW,
    languages=("en", "ko"),
)


async def add(store: Store, document: Document, *mentions: Mention) -> documents.Added | None:
    new = [(document, mentions)]
    (added,) = await store.write(documents.add_documents, new, ruleset="r")
    return added


async def test_a_document_is_kept_once(store: Store) -> None:
    first = await add(store, DOCUMENT, a_mention())
    again = await add(store, DOCUMENT, a_mention())
    assert first is not None
    assert again is None
    assert await store.read(documents.get_mentions, [first.id]) == {first.id: [a_mention()]}


async def test_the_same_content_under_another_key_is_the_same_document(store: Store) -> None:
    moved = replace(DOCUMENT, key="archive/briefing.txt")
    await add(store, DOCUMENT)
    assert await add(store, moved) is None
    elsewhere = replace(DOCUMENT, source="another")
    assert await add(store, elsewhere) is not None


async def test_an_edited_document_is_a_revision_that_knows_which_rules_held(store: Store) -> None:
    matching = a_matching("icbm", "nis")
    first = await add(store, DOCUMENT, *matching.mentions)
    assert first is not None
    assert first.rules_before == frozenset()
    await store.write(findings.add_findings, [(first.id, matching)])
    edited = replace(DOCUMENT, text="An ICBM, corrected")
    second = await add(store, edited)
    assert second is not None
    assert second.id != first.id
    assert second.rules_before == {"icbm", "nis"}
    known = await store.read(documents.get_known, "inbox", [DOCUMENT.key, "none"], [])
    assert known.digests == {DOCUMENT.key: edited.digest}
    back = await add(store, DOCUMENT)
    assert back is None, "what was there before is nothing new"


async def test_a_text_that_changes_at_each_reading_ends_after_24_updates(store: Store) -> None:
    added = [await add(store, replace(DOCUMENT, text=f"visitors: {n}")) for n in range(30)]
    assert sum(one is not None for one in added) == documents.MOST_REVISIONS == 25


async def test_what_is_known_is_known_of_one_source_alone(store: Store) -> None:
    await add(store, DOCUMENT)
    known, words = documents.get_known, [DOCUMENT.words_digest, "none"]
    assert await store.read(known, "inbox", [], words) == documents.Known(
        digests={}, words=frozenset({DOCUMENT.words_digest})
    )
    nothing = documents.Known(digests={}, words=frozenset())
    assert await store.read(known, "another", [DOCUMENT.key], words) == nothing
    assert await store.read(known, "inbox", [], []) == nothing


async def test_a_page_is_known_by_the_entry_that_led_to_it(store: Store) -> None:
    page = replace(DOCUMENT, text="The whole story", entry_digest=DOCUMENT.digest)
    await add(store, page)
    known = await store.read(documents.get_known, "inbox", [DOCUMENT.key], [])
    assert known.digests == {DOCUMENT.key: DOCUMENT.digest}


async def test_documents_are_kept_in_one_go_each_with_its_own_mentions(store: Store) -> None:
    several = [a_mention("icbm"), a_mention("nis", start=5, end=8)]
    mentions: tuple[list[Mention], ...] = (several, [], [a_mention("drone")])
    new = [
        (replace(DOCUMENT, key=key, text=key), its)
        for key, its in zip("abc", mentions, strict=True)
    ]
    again = replace(DOCUMENT, key="d", text="a")
    added = await store.write(
        documents.add_documents, [*new[:2], (again, [a_mention()]), new[2]], ruleset="r"
    )
    assert [one is not None for one in added] == [True, True, False, True]
    kept = [one.id for one in added if one is not None]
    assert await store.read(documents.get_mentions, kept) == {
        kept[0]: mentions[0],
        kept[2]: mentions[2],
    }
    known = await store.read(documents.get_known, "inbox", "abcd", [])
    assert known.digests == {one.key: one.digest for one, _ in new}


async def test_a_source_may_give_more_than_one_statement_may_ask_for(store: Store) -> None:
    count = 2 * MOST_VALUES + 1
    new = [(replace(DOCUMENT, key=str(n), text=str(n)), [a_mention()]) for n in range(count)]
    added = await store.write(documents.add_documents, new, ruleset="r")
    kept = [one.id for one in added if one is not None]
    assert len(set(kept)) == count
    assert len(await store.read(documents.get_mentions, kept)) == count
    words = [one.words_digest for one, _ in new]
    known = await store.read(documents.get_known, "inbox", [one.key for one, _ in new], words)
    assert known.digests == {one.key: one.digest for one, _ in new}
    assert known.words == set(words)
    assert await store.write(documents.add_documents, new, ruleset="r") == (None,) * count


async def test_of_no_documents_nothing_is_kept(store: Store) -> None:
    assert await store.write(documents.add_documents, [], ruleset="r") == ()
