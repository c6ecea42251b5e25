import logging
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from tests.builders import a_document, a_matching, a_subscription, rules_of
from tests.pipeline.conftest import Desk
from watch.core.matcher import MOST_MENTIONS, Matcher
from watch.core.model import Matching
from watch.pipeline.collect import scan_folder_once
from watch.pipeline.match import (
    MOST_LOGGED,
    Accepted,
    Batch,
    Checked,
    accept,
    match_documents,
)
from watch.store.db import Transaction
from watch.store.documents import MOST_REVISIONS
from watch.store.tables import metadata

TOO_MANY = "ICBM, " * (MOST_MENTIONS + 1)
WHY = f"{MOST_MENTIONS + 1:,} mentions in one document; the first {MOST_MENTIONS:,} were kept"


async def test_a_rule_that_was_not_checked_in_full_is_logged_with_its_document(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.write("few.txt", "An ICBM")
    desk.write("long/many.txt", TOO_MANY)
    await scan_folder_once(desk.context, source="inbox")
    (record,) = (one for one in caplog.records if one.name == "watch.pipeline.match")
    assert (record.levelno, record.message) == (logging.WARNING, "rule not checked in full")
    told = {key: vars(record)[key] for key in ("rule", "source", "document", "why")}
    assert told == {"rule": "icbm", "source": "inbox", "document": "long/many.txt", "why": WHY}


async def test_of_many_rules_not_checked_in_full_the_first_are_logged_and_the_rest_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    items = "".join(
        f'[[item]]\nname = "Item {at}"\nterms = ["ICBM"]\n' for at in range(MOST_LOGGED + 2)
    )
    document = a_document(TOO_MANY, key="x" * 1000)
    (checked,) = await match_documents(Matcher(rules_of(items)), [document])
    assert len(checked.matching.failures) == MOST_LOGGED + 2
    assert [vars(one).get("rule") for one in caplog.records] == [
        *(f"item-{at}" for at in range(MOST_LOGGED)),
        None,
    ]
    last = caplog.records[-1]
    assert last.message == "more rules not checked in full"
    assert (vars(last)["more"], vars(last)["document"]) == (2, "x" * 199 + "…")


async def test_a_rule_whose_places_did_not_all_take_part_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rules = '[[rule]]\nname = "Near"\nwhen = "(drone NEAR/0 Russia) NEAR/0 Moscow"\n'
    text = "drone, " * (MOST_MENTIONS // 2 + 1) + "Russia. Moscow"
    await match_documents(Matcher(rules_of(rules)), [a_document(text)])
    (record,) = caplog.records
    assert vars(record)["rule"] == "near"
    told = "5,001 places on one side of NEAR/0; the first 5,000 took part"
    assert vars(record)["why"] == told


async def test_documents_that_were_checked_in_full_are_passed_in_silence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rules = rules_of('[[item]]\nname = "ICBM"\n')
    (checked,) = await match_documents(Matcher(rules), [a_document("An ICBM")])
    assert len(checked.matching.findings) == 1
    assert caplog.records == []


_documents = st.lists(
    st.builds(
        lambda key, text, rules: Checked(
            document=a_document(text, key=key),
            matching=a_matching(*rules),
        ),
        st.sampled_from("abc"),
        st.sampled_from(["one", "two", "three", "four"]),
        st.lists(st.sampled_from(["icbm", "nis", "drone"]), max_size=2, unique=True),
    ),
    max_size=8,
)


def _rows_of(transaction: Transaction) -> list[list[tuple[object, ...]]]:
    """Return what is kept, without the numbers of the findings."""
    findings = (
        "SELECT document_id, rule, tags, mentions, subscription, since FROM findings"
        " LEFT JOIN tellings ON finding_id = findings.id ORDER BY document_id, rule, subscription"
    )
    return [
        [tuple(row) for row in transaction.execute(text(query))]
        for query in ("SELECT * FROM documents", "SELECT * FROM mentions", findings)
    ]


@given(st.lists(_documents, max_size=3))
def test_a_batch_is_kept_as_its_documents_one_by_one_would_be(batches: list[list[Checked]]) -> None:
    subscriptions = (a_subscription("all"), a_subscription("some", rules=("icbm", "d*")))

    def accepted(whole: Iterable[Iterable[Checked]]) -> object:
        engine = create_engine("sqlite://")
        metadata.create_all(engine)
        with engine.begin() as transaction:
            counts = [
                accept(transaction, Batch(checked=list(batch), ruleset="r"), subscriptions)
                for batch in whole
            ]
            rows = _rows_of(transaction)
        engine.dispose()
        sums = [sum(getattr(one, name) for one in counts) for name in Accepted.__slots__]
        return rows, sums

    assert accepted(batches) == accepted([one] for batch in batches for one in batch)


def test_what_is_one_revision_too_many_is_still_new_under_another_key() -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    edits = [
        Checked(document=a_document(str(n)), matching=Matching()) for n in range(MOST_REVISIONS + 1)
    ]
    same = Checked(document=a_document(str(MOST_REVISIONS), key="b"), matching=Matching())
    with engine.begin() as transaction:
        counted = accept(transaction, Batch(checked=[*edits, same], ruleset="r"), ())
        keys = list(transaction.scalars(text("SELECT key FROM documents ORDER BY id")))
    engine.dispose()
    assert counted.documents == MOST_REVISIONS + 1
    assert keys == ["briefing.txt"] * MOST_REVISIONS + ["b"]
