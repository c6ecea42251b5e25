"""Every expression on rules/README.md, read as the page says it is."""

import re
from pathlib import Path

import pytest

from watch.core.rules.expression import parse_expression
from watch.core.rules.parse import parse_rule_file
from watch.core.rules.ruleset import Ruleset, assemble
from watch.core.rules.syntax import show

PAGE = (Path(__file__).parents[3] / "rules" / "README.md").read_text("utf-8")
SECTION = PAGE.partition("## When a rule holds")[2].partition("\n## ")[0]
RIGHT, _, WRONG = SECTION.partition("These are errors")
SHOWN = [*re.findall(r"^\| `([^`]+)` \|", RIGHT, re.MULTILINE)]
SHOWN += re.findall(r"^- `([^`]+)`$", RIGHT, re.MULTILINE)
REFUSED = re.findall(r"^- `([^`]+)`$", WRONG, re.MULTILINE)
(FILE,) = re.findall(r"```toml\n(.*?)```", SECTION, re.DOTALL)


def _rules(when: str) -> Ruleset | tuple[object, ...]:
    rule = f"[[rule]]\nname = 'shown'\nwhen = '{when}'\n"
    return assemble([parse_rule_file("r.toml", f"{FILE}\n{rule}")])


@pytest.mark.parametrize("when", SHOWN)
def test_every_expression_on_the_page_makes_a_rule(when: str) -> None:
    assert isinstance(_rules(when), Ruleset)
    assert parse_expression(show(parse_expression(when))) == parse_expression(when)


@pytest.mark.parametrize("when", REFUSED)
def test_what_the_page_calls_an_error_is_one(when: str) -> None:
    assert not isinstance(_rules(when), Ruleset)


def test_the_page_shows_every_operand_and_operator() -> None:
    assert (len(SHOWN), len(REFUSED)) == (25, 8)
