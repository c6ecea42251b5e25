"""`watchlist check`: whether all that a user wrote holds together."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watch.cli.exits import Exit
from watch.cli.options import DEFAULT_CONFIG, ConfigOption
from watch.cli.wording import counted
from watch.errors import Mistake, MistakesError

if TYPE_CHECKING:
    from watch.config import Config
    from watch.ingest.rulefiles import RulesFolder


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(epilog="Example: [bold]watchlist check rules/korea.toml[/]")(check)


def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...", help="Rule files or folders; else all that is configured."
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Check the configuration, rule files and templates, and run every example.

    All errors at once, each with its place. Exits with 1 when there is one.
    """
    mistakes, checked = _check_paths(paths) if paths else _check_all(config)
    if as_json:
        typer.echo(json.dumps([_as_json(one) for one in mistakes], ensure_ascii=False, indent=2))
    else:
        _show(mistakes, checked)
    if mistakes:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _check_all(path: Path) -> tuple[list[Mistake], list[str]]:
    """Return what is wrong with a configuration and all it names, and what was checked."""
    from watch.config import load_config
    from watch.ingest.rulefiles import RulesFolder
    from watch.notify.render import check_templates

    try:
        config = load_config(path)
    except MistakesError as error:
        mistakes = list(error.mistakes)
        # The rules beside a broken configuration are checked all the same.
        beside = RulesFolder(path=path.absolute().parent / "rules", label="rules")
        if not beside.path.is_dir():
            return mistakes, []
        rule_mistakes, checked = _check_rules(beside)
        return [*mistakes, *rule_mistakes], checked
    rule_mistakes, checked = _check_rules(config.rules)
    checked.insert(0, _told(config))
    return [*rule_mistakes, *check_templates(config.mail)], checked


def _check_paths(paths: list[Path]) -> tuple[list[Mistake], list[str]]:
    from watch.ingest.rulefiles import RulesFolder

    mistakes: list[Mistake] = []
    checked: list[str] = []
    for path in paths:
        found, told = _check_rules(RulesFolder(path=path, label=str(path)))
        mistakes += found
        checked += told
    return mistakes, checked


def _check_rules(folder: "RulesFolder") -> tuple[list[Mistake], list[str]]:
    from watch.core.rules.examples import count_examples, failed_examples
    from watch.ingest.language import languages_of
    from watch.pipeline.rules import load_matcher

    try:
        matcher = load_matcher(folder)
    except MistakesError as error:
        return list(error.mistakes), []
    ruleset = matcher.ruleset
    items, files = counted(len(ruleset.items), "item"), counted(len(ruleset.files), "file")
    examples = counted(count_examples(ruleset), "example")
    return list(failed_examples(matcher, languages_of)), [
        f"{folder.label}: {items} in {files}, {examples}"
    ]


def _told(config: "Config") -> str:
    sources = counted(len(config.folders) + len(config.feeds), "source")
    return f"{config.path}: {sources}, {counted(len(config.subscriptions), 'subscription')}"


def _show(mistakes: list[Mistake], checked: list[str]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for mistake in mistakes:
        place, _, rest = mistake.shown().partition("\n")
        console.print(Text(place, style="bold red"))
        if rest:
            console.print(Text(rest))
    for line in checked:
        console.print(Text(line))
    if mistakes:
        console.print(Text(counted(len(mistakes), "mistake"), style="bold red"))
    else:
        console.print(Text("all is well", style="bold green"))


def _as_json(mistake: Mistake) -> dict[str, object]:
    return {
        "path": mistake.path,
        "line": mistake.line,
        "column": mistake.column,
        "text": mistake.text,
        "remedy": mistake.remedy,
    }
