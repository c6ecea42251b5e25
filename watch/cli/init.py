"""`watchlist init DIR`: a desk to begin with."""

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(epilog="Example: [bold]watchlist init desk[/]")(init)


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Made where it is missing.")],
) -> None:
    """Write a configuration, rules to start from and an inbox into a directory.

    What is there already is left as it is.
    """
    from watch.cli.starter import starter_file

    files = {
        "config.toml": starter_file("config.example.toml").read_bytes(),
        "rules/korea.toml": starter_file("rules/korea.toml").read_bytes(),
        "rules/rules.schema.json": starter_file("rules/rules.schema.json").read_bytes(),
        "rules/README.md": starter_file("rules/README.md").read_bytes(),
    }
    (directory / "inbox").mkdir(parents=True, exist_ok=True)
    (directory / "rules").mkdir(exist_ok=True)
    kept = [name for name in files if (directory / name).exists()]
    for name, content in files.items():
        if name not in kept:
            (directory / name).write_bytes(content)
            typer.echo(f"wrote {directory / name}")
    for name in kept:
        typer.echo(f"kept  {directory / name}")
    typer.echo(
        f"\nNext: edit {directory / 'config.toml'} (sources, who gets mail) and the rules, then\n"
        f"  cd {directory}\n  watchlist check\n  watchlist run\n"
        "and put a text file into inbox/."
    )
