"""`watchlist systemd-unit`: a service that is locked up as far as its work allows."""

import os
import sys
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watch.cli.exits import refuse

if TYPE_CHECKING:
    from watch.config import Config

_CONFIG = Path("/etc/watchlist/config.toml")
_STATE = Path("/var/lib/watchlist")
"""What StateDirectory= makes, and gives to the user of the service."""
_HIDDEN = tuple(map(Path, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))  # noqa: S108 (these are not written to)
"""What ProtectHome= and PrivateTmp= put out of sight."""
_SPECIAL = frozenset("\"'\\:")
"""What the settings of a unit read each in their own way."""


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    example = "watchlist systemd-unit > /etc/systemd/system/watchlist.service"
    app.command(name="systemd-unit", epilog=f"Example: [bold]{example}[/]")(systemd_unit)


def systemd_unit(
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="PATH", help="The configuration it runs.")
    ] = _CONFIG,
    user: Annotated[
        str | None,
        typer.Option(
            "--user", metavar="NAME", help="Whom it runs as; else a user made for it alone."
        ),
    ] = None,
) -> None:
    """Print a systemd unit for `watchlist run`, hardened.

    What the configuration names outside of /var/lib/watchlist is opened to it, where that can be
    read; nothing else can be written by it, and homes are out of its sight.
    """
    from watch.config import load_config
    from watch.errors import MistakesError

    path = config.absolute()
    loaded = None
    try:
        loaded = load_config(path)
    except MistakesError as error:
        if path != _CONFIG or path.exists():
            typer.echo(f"watchlist: the unit knows none of its folders: {error}", err=True)
    written = () if loaded is None else tuple(_written(loaded))
    if user is None:
        for one in written:
            typer.echo(
                f"watchlist: {one} is no place for a user made for the service alone: write "
                f"{_STATE}/... into the configuration, or name its owner with --user",
                err=True,
            )
    typer.echo(shown_unit(path, user=user, read=_read(path, loaded), written=written), nl=False)


def shown_unit(
    config: Path, *, user: str | None, read: Iterable[Path], written: Iterable[Path]
) -> str:
    """Return the unit that runs a configuration, with the folders that it reads and writes."""
    command = (sys.executable, "-P", "-m", "watch", "run", "--config", str(config))
    kept, shown = tuple(map(_plain, written)), tuple(map(_plain, read))
    opened = [
        *(f"BindPaths={_word(str(path))}" for path in _outermost(filter(_is_hidden, kept))),
        *(
            f"BindReadOnlyPaths={_word(str(path))}"
            for path in _outermost(filter(_is_hidden, shown))
        ),
    ]
    has_hidden = bool(opened)
    visible = (path for path in kept if not _is_hidden(path))
    opened.extend(f"ReadWritePaths={_word(str(path))}" for path in _outermost(visible))
    template = (files("watch.cli") / "shipped" / "watchlist.service").read_text("utf-8")
    return template.format(
        command=" ".join(_word(part).replace("$", "$$") for part in command),
        owner="DynamicUser=yes" if user is None else f"User={_word(user)}",
        paths="".join(f"{line}\n" for line in opened),
        home="tmpfs" if has_hidden else "yes",
    )


def _written(config: "Config") -> Iterator[Path]:
    """Yield the folders that the service writes to, besides its own."""
    folders = [config.state]
    if config.smtp is None:
        folders.append(config.maildir)
    if config.monitoring.metrics_file is not None:
        folders.append(config.monitoring.metrics_file.parent)
    return (folder for folder in folders if not folder.is_relative_to(_STATE))


def _read(path: Path, config: "Config | None") -> Iterator[Path]:
    """Yield the folders that the service reads: the program, and all that is configured."""
    yield from (Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parents[2], path.parent)
    if config is not None:
        yield config.rules.path
        yield from (folder.root for folder in config.folders)
        # An editor puts another file in the place of one: its folder is what stays.
        yield from (file.parent for file in config.files)
        if config.mail.templates is not None:
            yield config.mail.templates
        if config.smtp is not None and config.smtp.ca_file is not None:
            yield config.smtp.ca_file.parent


def _plain(path: Path) -> Path:
    """Return a path without "..", with which systemd takes none."""
    return Path(os.path.normpath(path))


def _is_hidden(path: Path) -> bool:
    return any(path.is_relative_to(hidden) for hidden in _HIDDEN)


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Return paths, each once, without those that lie in another of them."""
    known = sorted(set(paths))
    return [one for one in known if not any(one.is_relative_to(o) for o in known if o != one)]


def _word(text: str) -> str:
    """Return a word as a unit has it (systemd.syntax(7)); % would stand for something else."""
    if not text.isprintable() or _SPECIAL & set(text):
        refuse(f"{text!r} cannot stand in a unit; rename it to plain characters")
    word = text.replace("%", "%%")
    return f'"{word}"' if " " in word else word
