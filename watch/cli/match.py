"""`watchlist match`: what would be found, shown to a person or fed through as JSON lines."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from watch.cli.exits import Exit
from watch.cli.options import DEFAULT_CONFIG, ConfigOption, RulesOption, rules_folder
from watch.cli.wording import warn


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        epilog="Examples: [bold]watchlist match inbox/briefing.txt[/]; "
        "[bold]watchlist match --rules rules --jsonl < documents.jsonl > findings.jsonl[/]"
    )(match)


def match(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="A text, page, PDF, office file or mail."),
    ] = None,
    rules: RulesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for the files.")] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Read documents as JSON lines, write findings so.")
    ] = False,
    stats: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write counts and times there, as JSON.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show what the rules find in files, and why; nothing is stored or sent.

    With --jsonl it is a filter. In, a line each: {"id", "text", "title"?, "language"?, "source"?,
    "url"?, "published"?}. Out, in the same order: {"id", "mentions": [{"item", "field", "start",
    "end", "text"}], "findings": [{"rule", "mentions": [index, ...]}]}, or {"id"?, "error"} for a
    line that is no document. Offsets count characters; a mention of words that a rule itself names
    has null for its item.
    """
    from watch.cli.highlight import show_files
    from watch.cli.jsonl import Measured, answers
    from watch.pipeline.rules import load_matcher

    if bool(files) == jsonl:
        warn("watchlist match: name files, or give --jsonl and documents on stdin")
        raise typer.Exit(Exit.USAGE)
    began = time.perf_counter()
    matcher = load_matcher(rules_folder(rules, config))
    measured = Measured(seconds_loading=time.perf_counter() - began)
    is_whole = True
    if jsonl:
        for answer in answers(matcher, sys.stdin.buffer, measured):
            line = json.dumps(answer, ensure_ascii=False)
            # A lone surrogate in an id leaves as it came, escaped.
            sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")
            sys.stdout.buffer.flush()
    else:
        is_whole = show_files(matcher, files or [], measured, as_json=as_json)
    if stats is not None:
        stats.write_text(json.dumps(measured.as_json()) + "\n", "utf-8")
    if not is_whole:
        raise typer.Exit(Exit.NEEDS_A_PERSON)
