"""`watchlist sources`: how each stands, what one would bring, lists of feeds in and out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watch.cli.exits import Exit
from watch.cli.options import DEFAULT_CONFIG, ConfigOption
from watch.cli.read import DEFAULT_TIMEOUT, AllowPrivateOption, TimeoutOption
from watch.cli.wording import counted, json_text, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watch.cli.reading import NotRead, Source
    from watch.cli.source_standing import SourceStanding
    from watch.config import Config
    from watch.ingest.web import WebSettings


def add_to(app: typer.Typer) -> None:
    """Add the verb and the verbs below it."""
    verbs = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="See how sources stand, try one, import and export lists of feeds.",
        epilog="Examples: [bold]watchlist sources list[/]; "
        "[bold]watchlist sources test https://example.org/rss[/]; "
        "[bold]watchlist sources import feeds.opml --write[/]",
    )
    verbs.command("list", epilog="Example: [bold]watchlist sources list --json[/]")(list_sources)
    verbs.command(
        "test",
        epilog="Examples: [bold]watchlist sources test https://example.org/rss[/]; "
        "[bold]watchlist sources test inbox[/]",
    )(try_source)
    verbs.command("import", epilog="Example: [bold]watchlist sources import feeds.opml --write[/]")(
        import_opml
    )
    verbs.command("export", epilog="Example: [bold]watchlist sources export > feeds.opml[/]")(
        export_opml
    )
    app.add_typer(verbs, name="sources")


def list_sources(
    config: ConfigOption = DEFAULT_CONFIG,
    is_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show how each source stands, its last error, and when it is read next.

    "empty" is a source that was read and has brought no document so far.
    """
    from watch.cli.source_standing import plain_console, source_as_json, sources_table
    from watch.config import load_config

    sources = _standings(load_config(config))
    if is_json:
        told = [source_as_json(one) for one in sources]
        typer.echo(json_text(told))
    else:
        plain_console().print(sources_table(sources))


def _standings(config: "Config") -> "Sequence[SourceStanding]":
    """Return how each source stands; before anything has run, none was read."""
    import asyncio

    from watch.app import database_of
    from watch.cli.source_standing import source_standings
    from watch.cli.standing import get_standing

    if database_of(config).exists():
        return asyncio.run(get_standing(config)).sources
    return source_standings(config, {}, {}, {})


def try_source(
    name: Annotated[
        str,
        typer.Argument(
            metavar="URL|PATH|NAME", help="A feed, a file, a folder, or a source as configured."
        ),
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    allow_private: AllowPrivateOption = False,
    timeout: TimeoutOption = DEFAULT_TIMEOUT,
) -> None:
    """Read a source once and tell what would come of it, or why nothing would.

    A configured source is read as it is configured, with its headers and networks. Nothing is
    stored. Exits with 1 when it could not be read.
    """
    import asyncio

    from watch.cli.reading import read_sources
    from watch.cli.trial import Trial, show_trial

    trial = Trial()
    source, settings = _asked_for(name, config, allow_private=allow_private)
    asyncio.run(read_sources([source], trial.add, seconds=timeout, settings=settings))
    show_trial(trial)
    if not trial.is_read:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _asked_for(
    name: str, path: Path, *, allow_private: bool
) -> "tuple[Source | NotRead, WebSettings]":
    """Return the source configured under a name, else the one it leads to; how the web is asked."""
    from watch.cli.reading import source_named
    from watch.config import load_config
    from watch.ingest.web import WebSettings

    settings = WebSettings()
    if path.exists() or path != DEFAULT_CONFIG:
        config = load_config(path)
        settings = config.web
        configured: list[Source] = [*config.folders, *config.feeds]
        for source in configured:
            if source.name == name:
                return source, settings
    return source_named(name, allow_private=allow_private), settings


def import_opml(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An OPML file.")],
    config: ConfigOption = DEFAULT_CONFIG,
    write: Annotated[
        bool, typer.Option("--write", help="Append them to the configuration.")
    ] = False,
) -> None:
    """Make sources of a list of feeds, as other readers export it.

    Their tables are printed, or appended to the configuration. A feed that is configured already,
    or stands twice in the list, is left out and told. Exits with 1 when an entry leads to no feed.
    """
    from watch.cli.adoption import adopt, append_sources, load_opml, load_sources

    feeds = load_opml(file)
    is_there = write or config.exists() or config != DEFAULT_CONFIG
    adopted = adopt(feeds, load_sources(config) if is_there else {})
    for one in adopted.left_out:
        warn(f"{file}:{one}")
    if write:
        append_sources(config, adopted.tables)
    else:
        typer.echo(adopted.tables.encode(), nl=False)
    where = f" added to {config}" if write else ""
    left_out = f", {len(adopted.left_out):,} left out" if adopted.left_out else ""
    warn(f"{counted(adopted.count, 'source')}{where}{left_out}")
    if feeds.refused:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def export_opml(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Print the configured feeds as OPML 2.0, for other readers; folders are no feeds."""
    from watch.config import load_config
    from watch.ingest.opml import show_opml

    typer.echo(show_opml(load_config(config).feeds).encode(), nl=False)
