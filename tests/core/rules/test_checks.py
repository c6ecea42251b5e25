"""What is told of a rule that could not be checked in full."""

import pytest

from tests.builders import a_document, rules_of
from watch.core.matcher import Matcher
from watch.core.model import Failure
from watch.core.rules.syntax import Words

RULES = """\
[[rule]]
name = "Flat"
when = "drone NEAR/2 Russia"
[[rule]]
name = "Nested"
when = "(drone NEAR/2 Russia) NEAR/9 Moscow"
"""
TOLD = "5,001 places on one side of NEAR/2; the first 5,000 took part"


@pytest.mark.parametrize(
    ("begin", "end", "found"),
    [
        ("Moscow, Russia, ", "", ["flat", "nested"]),
        ("Moscow. ", "Russia", ["flat"]),
    ],
)
def test_a_rule_of_which_places_took_no_part_is_told_whether_it_holds_or_not(
    begin: str, end: str, found: list[str]
) -> None:
    matching = Matcher(rules_of(RULES)).match(a_document(f"{begin}{'drone, ' * 5001}{end}"))
    assert [finding.rule for finding in matching.findings] == found
    assert matching.failures == (Failure(rule="nested", text=TOLD),)


def test_of_much_that_took_no_part_the_first_is_told() -> None:
    text = f"Moscow, {'drone, ' * 5001}Russia, {'Moscow, ' * 5001}"
    matching = Matcher(rules_of(RULES)).match(a_document(text))
    assert matching.failures == (Failure(rule="nested", text=f"{TOLD} (and 1 more)"),)


def test_a_rule_is_explained_by_what_a_document_mentions() -> None:
    rules = rules_of(RULES)
    matcher = Matcher(rules)
    flat = matcher.explain(a_document("A drone for Russia."), rules.rules[0])
    assert (flat.holds, [(spot.start, spot.end) for spot in flat.spots]) == (True, [(2, 18)])
    nested = matcher.explain(a_document("A drone for Russia."), rules.rules[1])
    assert (nested.holds, nested.missing) == (False, (Words(typed="Moscow"),))
