"""`watchlist demo`: the main job on samples, from nothing to a mail."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from watch.cli.exits import Exit
from watch.cli.wording import warn


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(epilog="Example: [bold]watchlist demo[/]")(demo)


def demo(
    directory: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Made for it; a temporary one unless named."),
    ] = None,
) -> None:
    """Show the main job: a sample inbox, a feed on this machine, the shipped rules, the mail.

    Nothing leaves the machine. The directory stays, to look around in.
    """
    import asyncio

    from rich.console import Console

    from watch.cli.logs import set_up_logging
    from watch.cli.samples import lay_out, serve_feed, show_mails, watch
    from watch.config import load_config

    if directory is not None and directory.exists() and any(directory.iterdir()):
        warn(f"watchlist demo: {directory} is not empty; name another directory")
        raise typer.Exit(Exit.USAGE)
    desk = directory or Path(tempfile.mkdtemp(prefix="watchlist-demo-"))
    console = Console(highlight=False)
    set_up_logging()
    with serve_feed() as address:
        documents = lay_out(desk, address)
        console.print(f"[bold]Watching[/] {documents} documents in {desk}/inbox, and {address}")
        try:
            asyncio.run(watch(load_config(desk / "config.toml"), documents))
        except TimeoutError:
            warn("watchlist demo: no mail came in time; the log says why")
            raise typer.Exit(Exit.NEEDS_A_PERSON) from None
    show_mails(console, desk)
