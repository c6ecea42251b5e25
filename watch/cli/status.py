"""`watchlist status`: how it stands, also beside a running daemon."""

from typing import Annotated

import typer

from watch.cli.exits import Exit
from watch.cli.options import DEFAULT_CONFIG, ConfigOption, database_in
from watch.cli.wording import json_text


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(epilog="Example: [bold]watchlist status --json[/]")(status)


def status(
    config: ConfigOption = DEFAULT_CONFIG,
    is_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show how it stands with sources, rules and the outbox, also beside a running daemon.

    Exits with 1 when something needs a person.
    """
    import asyncio

    from watch.cli.standing import as_json, get_standing, show
    from watch.config import load_config

    loaded = load_config(config)
    database_in(loaded)
    standing = asyncio.run(get_standing(loaded))
    if is_json:
        typer.echo(json_text(as_json(standing)))
    else:
        show(standing)
    if standing.needs():
        raise typer.Exit(Exit.NEEDS_A_PERSON)
