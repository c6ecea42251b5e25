from dataclasses import replace

from tests.builders import NOW, a_document, a_matching, a_mention
from watch.store import documents, findings
from watch.store.db import Store

DOCUMENT = replace(
    a_document("An ICBM 북한 \U0001f680", title="ICBM", url="https://example.org/1"),
    published=NOW,
    languages=("en", "ko"),
)


async def test_a_document_is_kept_once(store: Store) -> None:
    first = await store.write(documents.add_document, DOCUMENT, [a_mention()], ruleset="r")
    again = await store.write(documents.add_document, DOCUMENT, [a_mention()], ruleset="r")
    assert first is not None
    assert again is None
    assert await store.read(documents.get_mentions, [first.id]) == {first.id: [a_mention()]}


async def test_the_same_content_under_another_key_is_the_same_document(store: Store) -> None:
    moved = replace(DOCUMENT, key="archive/briefing.txt")
    await store.write(documents.add_document, DOCUMENT, [], ruleset="r")
    assert await store.write(documents.add_document, moved, [], ruleset="r") is None
    elsewhere = replace(DOCUMENT, source="another")
    assert await store.write(documents.add_document, elsewhere, [], ruleset="r") is not None


async def test_an_edited_document_is_a_revision_that_knows_which_rules_held(store: Store) -> None:
    matching = a_matching("icbm", "nis")
    first = await store.write(documents.add_document, DOCUMENT, matching.mentions, ruleset="r")
    assert first is not None
    assert first.rules_before == frozenset()
    await store.write(findings.add_findings, first.id, matching.mentions, matching.findings)
    edited = replace(DOCUMENT, text="An ICBM, corrected")
    second = await store.write(documents.add_document, edited, [], ruleset="r")
    assert second is not None
    assert second.id != first.id
    assert second.rules_before == {"icbm", "nis"}
    known = await store.read(documents.get_known, "inbox", [DOCUMENT.key, "none"], [])
    assert known.digests == {DOCUMENT.key: edited.digest}
    back = await store.write(documents.add_document, DOCUMENT, [], ruleset="r")
    assert back is None, "what was there before is nothing new"


async def test_a_text_that_changes_at_each_reading_ends_after_24_updates(store: Store) -> None:
    added = [
        await store.write(
            documents.add_document, replace(DOCUMENT, text=f"visitors: {n}"), [], ruleset="r"
        )
        for n in range(30)
    ]
    assert sum(one is not None for one in added) == documents.MOST_REVISIONS == 25


async def test_what_is_known_is_known_of_one_source_alone(store: Store) -> None:
    await store.write(documents.add_document, DOCUMENT, [], ruleset="r")
    known, words = documents.get_known, [DOCUMENT.words_digest, "none"]
    assert await store.read(known, "inbox", [], words) == documents.Known(
        digests={}, words=frozenset({DOCUMENT.words_digest})
    )
    nothing = documents.Known(digests={}, words=frozenset())
    assert await store.read(known, "another", [DOCUMENT.key], words) == nothing
    assert await store.read(known, "inbox", [], []) == nothing


async def test_a_page_is_known_by_the_entry_that_led_to_it(store: Store) -> None:
    page = replace(DOCUMENT, text="The whole story", entry_digest=DOCUMENT.digest)
    await store.write(documents.add_document, page, [], ruleset="r")
    known = await store.read(documents.get_known, "inbox", [DOCUMENT.key], [])
    assert known.digests == {DOCUMENT.key: DOCUMENT.digest}
