"""The schema that editors get is the one that the parser asks for."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import watchlist_here
from watch.cli.schema import DESCRIPTIONS, rule_file_schema, shown_schema
from watch.core.rules.parse import parse_rule_file

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "rules" / "rules.schema.json"


def test_the_schema_that_ships_is_the_one_that_is_made(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        SHIPPED.write_text(shown_schema(), "utf-8")
    assert SHIPPED.read_text("utf-8") == shown_schema()
    assert watchlist_here("schema", cwd=ROOT).stdout == shown_schema()


def test_every_table_and_key_is_described_and_no_other() -> None:
    schema = rule_file_schema()
    for name, table in schema["$defs"].items():
        assert set(table["properties"]) == set(DESCRIPTIONS[name]) - {""}
        assert all(key["description"] for key in table["properties"].values())
    assert set(schema["properties"]) == set(schema["$defs"]) - {"example"}


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value fits a schema, of the words that ours is written with."""
    if "$ref" in schema:
        return _fits(value, rule_file_schema()["$defs"][schema["$ref"].rpartition("/")[2]])
    if (
        "oneOf" in schema
        and sum(all(key in value for key in one["required"]) for one in schema["oneOf"]) != 1
    ):
        return False
    match schema["type"]:
        case "object":
            properties = schema["properties"]
            return set(schema.get("required", ())) <= set(value) <= set(properties) and all(
                _fits(inner, properties[key]) for key, inner in value.items()
            )
        case "array":
            fits = isinstance(value, list) and all(_fits(one, schema["items"]) for one in value)
            return fits and len(value) >= schema.get("minItems", 0)
        case "boolean":
            return isinstance(value, bool)
    assert schema["type"] == "string"
    return isinstance(value, str) and value in schema.get("enum", [value])


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ((ROOT / "rules" / "korea.toml").read_text("utf-8"), True),
        ('[[item]]\nname = "a"\nalert = false\nexcept = ["b"]', True),
        ('[defaults]\nowner = "a@example.org"\n[[item]]\nname = "a"', True),
        ('[[item]]\nname = "a"\ntems = ["b"]', False),
        ('[[item]]\nterms = ["b"]', False),
        ('[[item]]\nname = "a"\nterms = []', False),
        ('[[item]]\nname = "a"\nseverity = "hihg"', False),
        ('[[item]]\nname = "a"\ntags = "b"', False),
        ('[[item]]\nname = "a"\n[[item.example]]\nmatch = "a"\nignore = "b"', False),
        ('[[item]]\nname = "a"\n[[item.example]]\nfinds = ["a"]', False),
        ('[[rule]]\nname = "a"\nwhen = "b NEAR/5 c"\nalert = true', True),
        ('[[rule]]\nname = "a"\nwhen = "b"\n[[rule.example]]\nmatch = "b"', True),
        ('[[rule]]\nname = "a"', False),
        ('[[rule]]\nname = "a"\nwhen = "b"\nterms = ["c"]', False),
        ('[[itme]]\nname = "a"', False),
    ],
)
def test_what_the_parser_takes_fits_and_what_it_refuses_does_not(text: str, *, fits: bool) -> None:
    assert _fits(tomllib.loads(text), rule_file_schema()) is fits
    assert (parse_rule_file("a.toml", text).mistakes == ()) is fits
