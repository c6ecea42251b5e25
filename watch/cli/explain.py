"""`watchlist explain`: why a rule holds for a text, or what of it failed and by how much."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watch.cli.exits import Exit
from watch.cli.options import DEFAULT_CONFIG, ConfigOption, RulesOption, rules_folder
from watch.cli.wording import json_text, warn

if TYPE_CHECKING:
    from rich.tree import Tree

    from watch.core.model import Document
    from watch.core.rules.explain import Explanation, Gap
    from watch.core.rules.ruleset import Rule, Ruleset
    from watch.core.rules.view import Spot

_WIDTH_OF_A_PIPE = 1_000
_MOST_SHOWN = 5
"""Places of one part that are shown; the rest is a number."""


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(epilog="Example: [bold]watchlist explain inbox/briefing.txt drones-to-russia[/]")(
        explain
    )


def explain(
    document: Annotated[Path, typer.Argument(help="A text, page, PDF, office file or mail.")],
    rule: Annotated[str, typer.Argument(help="The id of a rule or item.")],
    rules: RulesOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show why a rule holds for a text, or which part failed and how near it came.

    Every part of the expression is shown with the places where it is met. Exit code 0 when the rule
    holds, 1 when it does not.
    """
    from rich.console import Console

    from watch.cli.highlight import document_of
    from watch.core.toml import suggestion
    from watch.pipeline.rules import load_matcher

    matcher = load_matcher(rules_folder(rules, config))
    asked = _rule_of(matcher.ruleset, rule)
    if asked is None:
        ruleset = matcher.ruleset
        known = [item.id for item in ruleset.items] + [each.id for each in ruleset.rules]
        warn(f"watchlist explain: no rule or item {rule!r}; {suggestion(rule, known)}")
        raise typer.Exit(Exit.USAGE)
    text = document_of(document)
    explanation = matcher.explain(text, asked)
    if as_json:
        typer.echo(json_text(_as_json(explanation, text)))
    else:
        # In a pipe nothing is folded at the width of a terminal that is not there.
        width = None if sys.stdout.isatty() else _WIDTH_OF_A_PIPE
        Console(highlight=False, width=width).print(_tree(explanation, text))
    if not explanation.holds:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _rule_of(ruleset: "Ruleset", rule_id: str) -> "Rule | None":
    """Return the rule of an id; an item is, unless told otherwise, its own rule."""
    from watch.core.rules.ruleset import Rule
    from watch.core.rules.syntax import ItemIs

    for rule in ruleset.rules:
        if rule.id == rule_id:
            return rule
    for item in ruleset.items:
        if item.id == rule_id:
            when = ItemIs(item=item.id)
            return Rule(
                id=item.id, name=item.name, when=when, typed=f"@{item.id}", place=item.place
            )
    return None


def _tree(explanation: "Explanation", document: "Document") -> "Tree":
    from rich.tree import Tree

    tree = Tree(_line(explanation, document))
    for part in explanation.parts:
        tree.add(_tree(part, document))
    return tree


def _line(explanation: "Explanation", document: "Document") -> str:
    from rich.markup import escape

    from watch.core.cleaning import clean
    from watch.core.rules.syntax import show

    sign = "[green]holds[/]" if explanation.holds else "[red]fails[/]"
    told = [_place(spot, document) for spot in explanation.spots[:_MOST_SHOWN]]
    if len(explanation.spots) > _MOST_SHOWN:
        told.append(f"{len(explanation.spots) - _MOST_SHOWN} more")
    if explanation.gap is not None:
        told.append(_nearest(explanation.gap, document))
    elif not explanation.holds and explanation.missing:
        missing = ", ".join(map(show, explanation.missing))
        told.append(f"does not hold: {missing}")
    elif not explanation.holds and not explanation.parts:
        told.append("stands nowhere")
    told += [f"not in full: {left_out}" for left_out in explanation.left_out]
    places = f": {escape(clean('; '.join(told)))}" if told else ""
    return f"{sign} [bold]{escape(clean(show(explanation.node)))}[/]{places}"


def _place(spot: "Spot", document: "Document") -> str:
    words = document.field_text(spot.field)[spot.start : spot.end]
    return f'"{words}" ({spot.field.value}, character {spot.start})'


def _nearest(gap: "Gap", document: "Document") -> str:
    first, second = (
        document.field_text(spot.field)[spot.start : spot.end] for spot in (gap.first, gap.second)
    )
    return f'nearest: {gap.words:,} words between "{first}" and "{second}"'


def _as_json(explanation: "Explanation", document: "Document") -> dict[str, object]:
    from watch.core.rules.syntax import show

    return {
        "expression": show(explanation.node),
        "holds": explanation.holds,
        "places": [
            {
                "field": spot.field.value,
                "start": spot.start,
                "end": spot.end,
                "text": document.field_text(spot.field)[spot.start : spot.end],
            }
            for spot in explanation.spots
        ],
        "left_out": list(explanation.left_out),
        "nearest_words": None if explanation.gap is None else explanation.gap.words,
        "parts": [_as_json(part, document) for part in explanation.parts],
    }
