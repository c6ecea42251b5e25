"""Whole sets with rules: the matcher against the naive twins, and what a set promises."""

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from tests.builders import a_document, an_item, found, rules_of
from tests.core.naive import naive_matching
from tests.core.naive_rules import Seen, naive_evaluate
from tests.core.test_evaluate import a_text, an_expression
from watch.core.matcher import MOST_MENTIONS, Matcher
from watch.core.model import Document, Field, Mention, Place
from watch.core.rules.examples import count_examples, failed_examples
from watch.core.rules.operands import Operand, operands
from watch.core.rules.ruleset import Rule, Ruleset
from watch.core.rules.syntax import Expression, ItemIs, Words, show
from watch.ingest.language import languages_of

KIM = replace(an_item("Kim", "김정은", "Ким"), id="kim", kind="person", has_alert=False)
PLACE = Place(path="rules/test.toml", line=1)


def a_rule(index: int, when: Expression) -> Rule:
    return Rule(id=f"r{index}", name=f"R{index}", when=when, typed=show(when), place=PLACE)


def naive_mentions(operand: Operand, document: Document) -> Sequence[Mention]:
    match operand:
        case Words(typed="/ro/"):
            return [
                Mention(item="", field=field, start=at.start(), end=at.end(), term="/ro/")
                for field in Field
                for at in re.finditer("ro", document.field_text(field))
            ]
        case Words(typed=typed):
            mentions = naive_matching(Ruleset(items=(an_item(typed),)), document)
            return [mention._replace(item="") for mention in mentions]
        case ItemIs(item="kim"):
            return naive_matching(Ruleset(items=(KIM,)), document)
        case _:
            person = getattr(operand, "tag", "") == "person"
            return naive_matching(Ruleset(items=(KIM,)), document) if person else ()


@pytest.mark.timeout(900)  # it looks at much, and machines are shared
@given(st.randoms(use_true_random=False))
def test_of_a_whole_set_the_rules_hold_that_hold_for_their_naive_twin(random: Random) -> None:
    document = a_document(a_text(random), title=a_text(random), language="en", source="KCNA wire")
    rules = tuple(a_rule(index, an_expression(random, 2)) for index in range(5))
    note(f"{[rule.typed for rule in rules]}\n{document.title!a}\n{document.text!a}")
    matching = Matcher(Ruleset(items=(KIM,), rules=rules)).match(document)
    expected = {}
    for rule in rules:
        mentions: dict[Expression, Sequence[Mention]] = {
            operand: naive_mentions(operand, document) for operand in operands(rule.when)
        }
        held = naive_evaluate(rule.when, Seen(document=document, mentions=mentions))
        if held is not None:
            expected[rule.id] = held
    assert {finding.rule: finding.mentions for finding in matching.findings} == expected
    assert matching.failures == ()


SET = """\
[[rule]]
name = "Drones for Russia"
when = '@drone NEAR/5 Russia'
severity = "high"
tags = ["arms"]
note = "why"
[[rule.example]]
match = "Suicide drones reach Russia."
finds = ["Suicide drones", "Russia"]
[[rule.example]]
ignore = "Suicide drones."
[[item]]
id = "drone"
name = "Drones"
tags = ["uav"]
terms = ["suicide drone", "/YJ-[0-9]+/"]
except = ["/YJ-10+/"]
[[rule]]
name = "Asleep"
when = "#uav"
alert = false
[[rule]]
name = "German"
when = "Drohne AND lang:en"
language = "de"
"""


def test_findings_come_in_the_order_of_the_file_with_all_that_a_mail_says() -> None:
    document = a_document("The suicide drones for Russia. Two Drohnen.", language="en")
    matching = Matcher(rules_of(SET)).match(document)
    assert [finding.rule for finding in matching.findings] == [
        "drones-for-russia",
        "drone",
        "german",
    ]
    first = matching.findings[0]
    assert (first.name, first.severity.word, first.tags, first.note) == (
        "Drones for Russia",
        "high",
        ("arms",),
        "why",
    )
    assert str(first.place) == "rules/test.toml:1"
    told = [(mention.item, mention.text_in(document)) for mention in matching.mentions]
    assert told == [("drone", "suicide drones"), ("", "Russia"), ("", "Drohnen")]


def test_words_of_a_rule_that_does_not_hold_are_no_mentions() -> None:
    assert found(Matcher(rules_of(SET)), a_document("Only Russia.")) == []


def test_patterns_name_items_and_hide_them() -> None:
    matcher = Matcher(rules_of(SET))
    assert found(matcher, a_document("YJ-12, YJ-100 and YJ-2")) == ["YJ-12", "YJ-2"]


def test_what_is_left_out_of_a_rules_words_is_told_of_each_rule() -> None:
    rules = tuple(a_rule(index, Words(typed="drone")) for index in range(2))
    matching = Matcher(Ruleset(rules=rules)).match(a_document("drone " * (MOST_MENTIONS + 1)))
    assert [failure.rule for failure in matching.failures] == ["r0", "r1"]
    assert len(matching.findings[0].mentions) == MOST_MENTIONS


@pytest.mark.parametrize(
    ("when", "operand"),
    [
        ("@drones", None),
        ("title:@drones OR Moscow", None),
        ("@drones NEAR/2 Moscow", "@drones"),
        ("#uav NEAR/2 Moscow", "@drones"),
        ("drone NEAR/2 Moscow", "drone"),
        ("ATLEAST/9 @drones", None),
    ],
)
def test_what_was_not_kept_is_told_of_rules_that_may_miss_it(
    when: str, operand: str | None
) -> None:
    """An item is cut at its first 10,000 mentions: a place near one beyond them is not seen."""
    ruleset = rules_of(f"""
[[item]]
name = "Drones"
terms = ["drone"]
tags = ["uav"]
alert = false

[[rule]]
id = "asked"
name = "Asked"
when = '{when}'
""")
    matcher = Matcher(ruleset)
    document = a_document("drone " * (MOST_MENTIONS + 5) + "Moscow")
    told = "10,005 mentions in one document; the first 10,000 were kept"
    (rule,) = ruleset.rules
    parts = [matcher.explain(document, rule)]
    shown: list[str] = []
    while parts:
        shown += parts[-1].left_out
        parts += parts.pop().parts
    failures = [one.text for one in matcher.match(document).failures if one.rule == "asked"]
    if operand is None:
        assert not shown
        assert failures in ([], [told])
        return
    assert shown == [f"{operand}: {told}"]
    assert f"{operand}: {told}" in failures


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (("NEAR/5", "NEAR/0"), "nothing was found (mend the expression or the example)"),
        (("@drone NEAR/5 Russia", "@drone"), '"Suicide drones", "Russia" was to be found, but'),
        (('ignore = "S', 'match = "S'), "nothing was found"),
    ],
)
def test_the_examples_of_a_rule_are_run(edit: tuple[str, str], told: str) -> None:
    ruleset = rules_of(SET.replace("terms = [", 'terms = ["Suicide drone", '))
    assert list(failed_examples(Matcher(ruleset), languages_of)) == []
    assert count_examples(ruleset) == 2
    broken = rules_of(SET.replace(*edit))
    failures = [str(failure) for failure in failed_examples(Matcher(broken), languages_of)]
    assert any(told in failure for failure in failures), failures
