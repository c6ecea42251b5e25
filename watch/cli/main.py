"""The command `watchlist`: its verbs, and what becomes of errors."""

import sys
from typing import Annotated

import typer

from watch import __version__
from watch.cli import (
    backup,
    check,
    container_file,
    daemon,
    demo,
    explain,
    findings,
    import_items,
    init,
    match,
    outbox,
    preview,
    read,
    schema,
    send_test,
    silence,
    sources,
    status,
    systemd_unit,
)
from watch.cli.exits import Exit
from watch.cli.wording import warn
from watch.errors import MistakesError, StateLockedError, StoreRefusedError, WatchError

app = typer.Typer(
    name="watchlist",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Watch folders and feeds for what you track, and mail what turned up and why.",
    epilog="First steps: [bold]watchlist init desk[/], then [bold]cd desk; watchlist run[/]. "
    "Exit codes: 0 done, 1 something needs a person, 2 usage or configuration, "
    "75 another daemon holds the state, 78 the database is refused.",
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"watchlist {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Tell the version."),
    ] = False,
) -> None:
    del version


for _verbs in (
    init,
    check,
    match,
    explain,
    read,
    daemon,
    status,
    findings,
    silence,
    outbox,
    backup,
    preview,
    send_test,
    sources,
    demo,
    schema,
    import_items,
    systemd_unit,
    container_file,
):
    _verbs.add_to(app)


def main() -> None:
    """Run the command line and exit with a code that means something."""
    try:
        app(prog_name="watchlist")
    except MistakesError as error:
        for mistake in error.mistakes:
            warn(mistake.shown())
        sys.exit(Exit.USAGE)
    except StateLockedError as error:
        _fail(error, Exit.LOCKED)
    except StoreRefusedError as error:
        _fail(error, Exit.REFUSED)
    except WatchError as error:
        _fail(error, Exit.NEEDS_A_PERSON)


def _fail(error: WatchError, code: Exit) -> None:
    warn(f"watchlist: {error}")
    sys.exit(code)
