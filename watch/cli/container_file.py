"""`watchlist container-file`: the same daemon as an image."""

from importlib.resources import files

import typer

from watch import __version__


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    example = "watchlist container-file > Containerfile"
    app.command(name="container-file", epilog=f"Example: [bold]{example}[/]")(container_file)


def container_file() -> None:
    """Print a Containerfile (a Dockerfile) of this version; it says how to build and run it."""
    template = (files("watch.cli") / "shipped" / "Containerfile").read_text("utf-8")
    typer.echo(template.replace("{version}", __version__), nl=False)
