import logging

import pytest

from tests.builders import a_document, rules_of
from tests.pipeline.conftest import Desk
from watch.core.matcher import MOST_MENTIONS, Matcher
from watch.pipeline.collect import scan_folder_once
from watch.pipeline.match import MOST_LOGGED, match_documents

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
