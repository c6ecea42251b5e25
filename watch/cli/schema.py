"""`watchlist schema`: what a rule file may hold, for editors."""

import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from watch.core.toml import Table

Schema = dict[str, Any]

_COMMON = {
    "tags": "Words to choose by: a subscription's tags, or #tag in a rule.",
    "severity": "How much it matters; a subscription may ask for the higher ones alone.",
    "alert": "false: only tracked, and used inside rules.",
    "note": "Why this is watched; shown at the foot of the alert.",
    "owner": "The address that is told when the file stops loading.",
    "language": "A code such as en, ko or ru: the terms are words of this language, "
    "whatever the document's.",
}
_ID = "Letters, digits, - _ and . ; the name as a slug unless given. Items and rules share ids."
_EXAMPLE = "A text that must be found, or must not; `watchlist check` runs all."
DESCRIPTIONS: dict[str, dict[str, str]] = {
    "defaults": _COMMON
    | {
        "": "What holds for every table below in this file, unless the table says otherwise.",
        "tags": "Added to the tags of each table.",
        "kind": "The kind of every item that names none.",
    },
    "item": _COMMON
    | {
        "": "What is tracked: a person, a weapon, a company, with the names it goes by.",
        "id": _ID,
        "name": "What people call it; its only term where no terms are listed.",
        "kind": "Free text: weapon, person, company, place.",
        "terms": 'How it is written: words, "=exact", "prefix*" or "/regex/".',
        "except": "Longer phrases in which a mention does not count.",
        "example": _EXAMPLE,
    },
    "rule": _COMMON
    | {
        "": "What is worth telling somebody: an expression over items, words and fields.",
        "id": _ID,
        "name": "The rule's name, in the subject of its alerts.",
        "when": "When it holds: '@suicide-drone NEAR/5 (Russia OR Moscow)'.",
        "example": _EXAMPLE,
    },
    "example": {
        "": "A text with what must come of it: either match or ignore.",
        "match": "A text in which something must be found.",
        "ignore": "A text in which nothing must be found.",
        "finds": "Exactly what is found in the text of match, in order.",
        "title": "The title of the document.",
        "language": "The language the document is declared to be in.",
        "source": "The name of the source the document comes from.",
    },
}
"""Of each table, and of each of its keys; the empty key is the table itself."""
_REQUIRED = {"item": ["name"], "rule": ["name", "when"]}


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(epilog="Example: [bold]watchlist schema > rules/rules.schema.json[/]")(schema)


def schema() -> None:
    """Print the JSON Schema of a rule file.

    Editors complete and check by it where a rule file begins with
    #:schema ./rules.schema.json
    """
    typer.echo(shown_schema(), nl=False)


def shown_schema() -> str:
    """Return the schema as the file that ships with the rules has it."""
    return json.dumps(rule_file_schema(), ensure_ascii=False, indent=2) + "\n"


def rule_file_schema() -> Schema:
    """Return the JSON Schema of a rule file, draft 2020-12."""
    tables = _tables()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rule file of watchlist",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: _reference(name) if name == "defaults" else _list_of(name)
            for name in tables
            if name != "example"
        },
        "$defs": {name: _table(name, table) for name, table in tables.items()},
    }


def _tables() -> "dict[str, type[Table]]":
    from watch.core.rules.parse import DefaultsTable, ExampleTable, ItemTable, RuleTable

    return {
        "defaults": DefaultsTable,
        "item": ItemTable,
        "rule": RuleTable,
        "example": ExampleTable,
    }


def _table(name: str, table: "type[Table]") -> Schema:
    described = DESCRIPTIONS[name]
    properties = table.model_json_schema(by_alias=True)["properties"]
    made: Schema = {
        "description": described[""],
        "type": "object",
        "additionalProperties": False,
        "properties": {
            key: {"description": described[key]} | _key(key, value)
            for key, value in properties.items()
        },
    }
    if name == "example":
        made["oneOf"] = [{"required": ["match"]}, {"required": ["ignore"]}]
    elif name in _REQUIRED:
        made["required"] = _REQUIRED[name]
    return made


def _key(key: str, schema: Schema) -> Schema:
    """Return the schema of a key; TOML has no null, so a key is either there or left out."""
    if key == "example":
        return _list_of("example")
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    (kind,) = kinds
    kept = {word: value for word, value in kind.items() if word not in {"title", "default"}}
    default = schema.get("default")
    if default is not None and default not in ([], ""):
        kept["default"] = default
    return kept | ({"minItems": 1} if key == "terms" else {})


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": _reference(name)}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
