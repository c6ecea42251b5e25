"""`watchlist backup`: a copy of the database, also beside a running daemon."""

import json
from pathlib import Path
from typing import Annotated

import typer

from watch.cli.exits import refuse
from watch.cli.options import DEFAULT_CONFIG, ConfigOption, database_in
from watch.cli.wording import megabytes


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(epilog="Example: [bold]watchlist backup /mnt/backups/watchlist-1.db[/]")(backup)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; none is overwritten.")],
    config: ConfigOption = DEFAULT_CONFIG,
    is_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Copy the database, whole and checked, to a new file, also beside a running daemon.

    To restore it, stop the daemon, move watchlist.db, watchlist.db-wal and watchlist.db-shm out of
    the state directory, and put the copy there as watchlist.db.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    from watch.config import load_config
    from watch.core.cleaning import clean
    from watch.store.backup import back_up

    database = database_in(load_config(config))
    if file.exists() or file.is_symlink():
        refuse(f"{clean(str(file))} is there already; name another file")
    console = Console(stderr=True)
    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("")
        size = back_up(
            database,
            file,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    if is_json:
        told = {"file": str(file.absolute()), "bytes": size}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{clean(str(file))}: {megabytes(size)}, whole and checked")
