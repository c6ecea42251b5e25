from pathlib import Path

import pytest
import tomli

from watch.core.rules.parse import parse_rule_file
from watch.core.rules.ruleset import assemble

CASES = tomli.loads((Path(__file__).parent / "mistakes.toml").read_text("utf-8"))["case"]
BEFORE = """\
[[item]]
name = "Suicide drone"
kind = "weapon"
[[item]]
id = "item"
name = "Item"
[[rule]]
id = "the-rule"
name = "R"
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["when"])[:40])
def test_a_mistake_in_an_expression_is_told_at_its_spot(case: dict[str, object]) -> None:
    written = f"'{case['when']}'" if "'" not in str(case["when"]) else f'"{case["when"]}"'
    mistakes = assemble([parse_rule_file("r.toml", f"{BEFORE}when = {written}\n")])
    assert isinstance(mistakes, tuple)
    told = []
    for one in mistakes:
        assert one.source is not None
        assert one.column is not None
        assert (one.path, one.line) == ("r.toml", 10)
        spot = one.source[one.column - 1 : one.column - 1 + one.length]
        told.append(f"{spot} -> {one.text} ({one.remedy})")
    assert told == case["told"]


def test_the_table_is_as_long_as_authors_are_inventive() -> None:
    assert len({str(case["when"]) for case in CASES}) >= 60
