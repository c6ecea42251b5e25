from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from tests.builders import NOW, a_document, a_finding, a_matching
from watch.core.alerts import AlertStory, Reason, StoryId, Telling, Told
from watch.core.model import DocumentId, FindingId, Matching, Severity
from watch.store import documents, findings, tellings
from watch.store.db import MOST_VALUES, Store, Transaction


def _accept(
    transaction: Transaction, text: str, matching: Matching
) -> tuple[DocumentId, tuple[FindingId, ...]]:
    document = replace(a_document(text), key=text)
    (added,) = documents.add_documents(transaction, [(document, matching.mentions)], ruleset="r")
    assert added is not None
    (numbers,) = findings.add_findings(transaction, [(added.id, matching)])
    return added.id, numbers


async def _told(store: Store, *numbers: FindingId) -> list[Told]:
    """Return the documents of findings, told as one story."""
    story = AlertStory(story=StoryId(1), reason=Reason.NEW, findings=numbers)
    (told,) = await store.read(findings.get_told_stories, [story], in_full=1)
    return list(told.told)


async def test_findings_come_back_with_their_document_and_mentions(store: Store) -> None:
    matching = a_matching("icbm", "nis", "drone")
    first = matching.findings[0]
    high = first._replace(severity=Severity.HIGH, note=None, mentions=matching.mentions[:2])
    matching = replace(matching, findings=(high, *matching.findings[1:]))
    _, numbers = await store.write(_accept, "one", matching)
    _, others = await store.write(_accept, "two", a_matching("icbm"))
    told = await _told(store, numbers[0], numbers[2], others[0])
    assert [one.document.text for one in told] == ["one", "two"]
    assert told[0].findings == (high, matching.findings[2])
    assert told[1].findings == a_matching("icbm").findings


async def test_a_rule_holds_once_for_a_document(store: Store) -> None:
    matching = a_matching("icbm")
    document, _ = await store.write(_accept, "one", matching)
    with pytest.raises(IntegrityError):
        await store.write(findings.add_findings, [(document, matching)])


async def test_the_findings_of_many_documents_are_numbered_each_in_its_order(store: Store) -> None:
    def accept(transaction: Transaction) -> tuple[tuple[FindingId, ...], ...]:
        texts = [(replace(a_document(key), key=key), ()) for key in "abc"]
        added = documents.add_documents(transaction, texts, ruleset="r")
        ids = [one.id for one in added if one is not None]
        # Without its mentions in the table: they are read back by their ordinals alone.
        matchings = [Matching(), a_matching("nis", "icbm"), a_matching("icbm")]
        bare = [
            replace(one, findings=tuple(its._replace(mentions=()) for its in one.findings))
            for one in matchings
        ]
        return findings.add_findings(transaction, list(zip(ids, bare, strict=True)))

    none, two, one = await store.write(accept)
    assert none == ()
    told = await _told(store, *one, *two)
    assert [(one.document.key, [its.rule for its in one.findings]) for one in told] == [
        ("b", ["nis", "icbm"]),
        ("c", ["icbm"]),
    ]
    assert await store.write(findings.add_findings, []) == ()


async def test_more_findings_are_told_than_one_statement_may_ask_for(store: Store) -> None:
    def accept(transaction: Transaction) -> list[FindingId]:
        count = 2 * MOST_VALUES + 1
        new = [(replace(a_document(str(n)), key=str(n)), ()) for n in range(count)]
        added = documents.add_documents(transaction, new, ruleset="r")
        found = replace(a_matching("icbm"), findings=(a_finding()._replace(mentions=()),))
        matchings = [(one.id, found) for one in added if one is not None]
        return [number for (number,) in findings.add_findings(transaction, matchings)]

    numbers = await store.write(accept)
    told = await _told(store, *numbers)
    assert [one.document.key for one in told] == [str(n) for n in range(2 * MOST_VALUES + 1)]


async def test_findings_are_counted_by_source_with_those_nobody_is_told_of(store: Store) -> None:
    _, numbers = await store.write(_accept, "one", a_matching("icbm", "nis"))
    await store.write(_accept, "two", Matching())
    await store.write(tellings.add_tellings, [Telling(numbers[0], name, NOW) for name in "ab"])
    assert await store.read(findings.count_findings) == {"inbox": (2, 2, 1)}


async def test_stories_come_gravest_first_and_those_beyond_so_many_without_text(
    store: Store,
) -> None:
    _, (one,) = await store.write(_accept, "one", a_matching("icbm"))
    grave = a_matching("icbm", "nis")
    high = grave.findings[1]._replace(severity=Severity.HIGH)
    _, two = await store.write(_accept, "two", replace(grave, findings=(grave.findings[0], high)))
    stories = [
        AlertStory(story=StoryId(-1), reason=Reason.NEW, findings=(one,)),
        AlertStory(story=StoryId(9), reason=Reason.UPDATE, findings=two, told_first=NOW),
    ]
    first, second = await store.read(findings.get_told_stories, stories, in_full=2)
    assert (first.number, first.reason, first.told_first) == (9, Reason.UPDATE, NOW)
    assert [part.document.text for part in first.told] == ["two"]
    assert [part.document.text for part in second.told] == ["one"]
    assert first.key != second.key
    _, bare = await store.read(findings.get_told_stories, stories, in_full=1)
    (part,) = bare.told
    assert (part.document.text, part.findings[0].mentions) == ("", ())
    assert list(part.finding_keys()) == list(second.told[0].finding_keys())
    assert list(part.finding_keys()) == list(replace(second.told[0], name=None).finding_keys())
    assert await store.read(findings.get_told_stories, [], in_full=1) == ()


async def test_moments_are_those_of_the_documents_after_a_time(store: Store) -> None:
    await store.write(_accept, "one", a_matching("icbm", "nis"))
    await store.write(_accept, "two", a_matching("icbm"))
    moments = await store.read(findings.get_moments, ["icbm", "drone"], NOW - timedelta(seconds=1))
    assert moments == {"icbm": [NOW, NOW]}
    assert await store.read(findings.get_moments, ["icbm"], NOW) == {}


async def test_findings_are_listed_by_rule_item_source_and_time(store: Store) -> None:
    await store.write(_accept, "one", a_matching("icbm", "nis"))
    await store.write(_accept, "two", a_matching("drone"))

    async def listed(**choice: object) -> list[str]:
        wanted = findings.Choice(**choice)  # type: ignore[arg-type]  # its parts
        return [one.rule for one in await store.read(findings.list_findings, wanted, most=9)]

    assert await listed() == ["drone", "nis", "icbm"]
    assert await listed(rule="[!d]*") == ["nis", "icbm"]
    assert await listed(item="nis") == ["nis"]
    assert await listed(source="elsewhere") == []
    assert await listed(since=NOW, until=NOW + timedelta(seconds=1)) == ["drone", "nis", "icbm"]
    assert await listed(until=NOW) == []
