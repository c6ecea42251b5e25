"""`watchlist check`: whether all that a user wrote holds together."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watch.cli.exits import Exit
from watch.cli.options import DEFAULT_CONFIG, ConfigOption
from watch.cli.wording import counted, json_text
from watch.errors import Mistake, MistakesError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from watch.config import Config
    from watch.core.rules.lint import Lint
    from watch.core.rules.ruleset import Ruleset
    from watch.ingest.rulefiles import RulesFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """What was checked, and what was found."""

    mistakes: "tuple[Mistake, ...]" = ()
    lints: "tuple[Lint, ...]" = ()
    told: tuple[str, ...] = ()
    """A line for each thing that was checked, with its size."""

    def __add__(self, other: "_Checked") -> "_Checked":
        return _Checked(
            mistakes=self.mistakes + other.mistakes,
            lints=self.lints + other.lints,
            told=self.told + other.told,
        )


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
    strict: Annotated[bool, typer.Option("--strict", help="Take lints for errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Check the configuration, rule files and templates, and run every example.

    All errors at once, each with its place, then the lints: what loads, and yet is hardly meant.
    Exits with 1 when there is an error. A lint is silenced by its code in a comment on its line:
    # watchlist: allow CODE
    """
    checked = _check_paths(paths) if paths else _check_all(config)
    if as_json:
        typer.echo(json_text(_as_json(checked)))
    else:
        _show(checked)
    if checked.mistakes or (strict and checked.lints):
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _check_all(path: Path) -> _Checked:
    """Return what is wrong with a configuration and all it names, and what was checked."""
    import asyncio

    from watch.config import load_config
    from watch.ingest.rulefiles import RulesFolder

    try:
        config = load_config(path)
    except MistakesError as error:
        checked = _Checked(mistakes=error.mistakes)
        # The rules beside a broken configuration are checked all the same.
        beside = RulesFolder(path=path.absolute().parent / "rules", label="rules")
        return checked + _check_rules(beside) if beside.path.is_dir() else checked
    return (
        _Checked(told=(_told(config),), lints=tuple(_readable_secrets(config)))
        + _check_rules(config.rules, config)
        + _Checked(mistakes=asyncio.run(_check_templates(config.mail.templates)))
    )


async def _check_templates(folder: Path | None) -> "tuple[Mistake, ...]":
    from watch.ingest.sandbox import Sandbox
    from watch.pipeline.writing import check_templates

    with Sandbox(seconds=10) as sandbox:
        return await check_templates(sandbox, folder)


def _check_paths(paths: list[Path]) -> _Checked:
    from watch.ingest.rulefiles import RulesFolder

    checked = _Checked()
    for path in paths:
        checked += _check_rules(RulesFolder(path=path, label=str(path)))
    return checked


def _check_rules(folder: "RulesFolder", config: "Config | None" = None) -> _Checked:
    """Return what is wrong with rule files; with a configuration, how the two go together too."""
    from watch.core.matcher import Matcher
    from watch.core.rules.examples import count_examples, failed_examples
    from watch.core.rules.lint import lints
    from watch.core.rules.ruleset import Ruleset, assemble
    from watch.core.words.alphabet import TooManyWordsError
    from watch.ingest.language import languages_of
    from watch.ingest.rulefiles import no_rule_file, read_rule_files

    files = tuple(read_rule_files(folder, {}).values())
    ruleset = assemble(files) if files else (no_rule_file(folder),)
    if not isinstance(ruleset, Ruleset):
        return _Checked(mistakes=ruleset)
    matcher = Matcher(ruleset)
    try:
        matcher.prepare()
    except TooManyWordsError as error:
        return _Checked(mistakes=(Mistake(path=folder.label, text=str(error)),))
    what = counted(len(ruleset.items), "item")
    if ruleset.rules:
        what += f" and {counted(len(ruleset.rules), 'rule')}"
    found = counted(len(files), "file")
    examples = counted(count_examples(ruleset), "example")
    return _Checked(
        mistakes=tuple(failed_examples(matcher, languages_of)),
        lints=(
            *lints(files, () if config is None else config.subscriptions),
            *(() if config is None else _idle_subscriptions(config, ruleset)),
        ),
        told=(f"{folder.label}: {what} in {found}, {examples}",),
    )


def _idle_subscriptions(config: "Config", ruleset: "Ruleset") -> "Iterator[Lint]":
    from watch.config.lint import idle_subscriptions
    from watch.core.toml import TomlText

    toml = TomlText(str(config.path), config.path.read_text("utf-8-sig"))
    return idle_subscriptions(toml, config.subscriptions, ruleset)


def _readable_secrets(config: "Config") -> "Iterator[Lint]":
    from watch.config.lint import readable_secrets
    from watch.core.toml import TomlText

    toml = TomlText(str(config.path), config.path.read_text("utf-8-sig"))
    return readable_secrets(toml, config.path.absolute().parent)


def _told(config: "Config") -> str:
    sources = counted(len(config.folders) + len(config.feeds), "source")
    return f"{config.path}: {sources}, {counted(len(config.subscriptions), 'subscription')}"


def _show(checked: _Checked) -> None:
    from rich.console import Console
    from rich.text import Text

    from watch.core.cleaning import clean_lines

    console = Console(highlight=False, soft_wrap=True)
    for mistake in checked.mistakes:
        _show_one(console, mistake.shown(), "bold red")
    for lint in checked.lints:
        _show_one(console, lint.shown(), "bold yellow")
    for line in checked.told:
        console.print(Text(clean_lines(line)))
    if checked.mistakes:
        console.print(Text(counted(len(checked.mistakes), "mistake"), style="bold red"))
    if checked.lints:
        console.print(Text(counted(len(checked.lints), "lint"), style="bold yellow"))
    if not checked.mistakes and not checked.lints:
        console.print(Text("all is well", style="bold green"))


def _show_one(console: "Console", shown: str, style: str) -> None:
    from rich.text import Text

    from watch.core.cleaning import clean_lines

    place, _, rest = shown.partition("\n")
    console.print(Text(clean_lines(place), style=style))
    if rest:
        console.print(Text(clean_lines(rest)))


def _as_json(checked: _Checked) -> dict[str, object]:
    return {
        "mistakes": [_fields(mistake) for mistake in checked.mistakes],
        "lints": [{"code": lint.code.value, **_fields(lint.mistake)} for lint in checked.lints],
    }


def _fields(mistake: Mistake) -> dict[str, object]:
    return {
        "path": mistake.path,
        "line": mistake.line,
        "column": mistake.column,
        "text": mistake.text,
        "remedy": mistake.remedy,
    }
