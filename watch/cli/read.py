"""`watchlist read`: what would be taken in, without taking it in."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watch.cli.exits import Exit
from watch.cli.wording import warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from watch.cli.reading import NotRead, Part
    from watch.core.model import Document

_FIRST_LINE = 200
"""How much of a text is shown in a pipe, in characters."""

AllowPrivateOption = Annotated[
    bool,
    typer.Option("--allow-private", help="Addresses may lie in networks that are not public."),
]
TimeoutOption = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long one address may take."),
]
DEFAULT_TIMEOUT = 60.0


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        epilog="Examples: [bold]watchlist read inbox feed.xml https://example.org/rss[/]; "
        "[bold]watchlist read --jsonl inbox | jq .title[/]; "
        "[bold]watchlist read --config config.toml https://example.org/rss[/]"
    )(read)


def read(
    names: Annotated[
        list[str],
        typer.Argument(metavar="PATH_OR_URL...", help="Files, folders, feeds, addresses of feeds."),
    ],
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="A JSON line for each document, or error.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="PATH",
            help="A configuration: addresses are asked by its \\[fetch], through its proxy, "
            "with its certificates and contact.",
        ),
    ] = None,
    allow_private: AllowPrivateOption = False,
    timeout: TimeoutOption = DEFAULT_TIMEOUT,
) -> None:
    """Show the documents that files, folders and feeds hold, as the daemon would take them in.

    A file is read by its suffix; one that ends in .xml, .rss, .atom, .rdf or .json, or has no
    known suffix, may be a feed. With --jsonl: {"source", "key", "title", "url", "published",
    "language", "text"}, or {"source", "key"?, "error": {"kind", "message"}}. The source is what
    was named. Exits with 1 when no source at all could be read.
    """
    import asyncio

    from watch.cli.reading import read_sources, source_named
    from watch.config import load_config
    from watch.ingest.web import WebSettings

    settings = WebSettings() if config is None else load_config(config).web
    show = _write_lines if jsonl else _shower()
    has_read = False

    def tell(part: "Part") -> None:
        nonlocal has_read
        has_read = has_read or part.is_read
        show(part)

    sources = (source_named(name, allow_private=allow_private) for name in names)
    asyncio.run(read_sources(sources, tell, seconds=timeout, settings=settings))
    if not has_read:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _write_lines(part: "Part") -> None:
    lines = [*map(_failure_as_json, part.failures), *map(_document_as_json, part.documents)]
    for line in lines:
        # A name whose bytes are no UTF-8 leaves with its surrogates escaped, and can be had back.
        text = json.dumps(line, ensure_ascii=False)
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def _document_as_json(document: "Document") -> dict[str, object]:
    published = document.published
    return {
        "source": document.source,
        "key": document.key,
        "title": document.title,
        "url": document.url,
        "published": None if published is None else published.isoformat(),
        "language": document.languages[0] if document.languages else None,
        "text": document.text,
    }


def _failure_as_json(failure: "NotRead") -> dict[str, object]:
    named = {"source": failure.source} | ({"key": failure.key} if failure.key is not None else {})
    return named | {"error": {"kind": failure.kind, "message": failure.text}}


def _shower() -> "Callable[[Part], None]":
    """Return what shows parts to a person, each source under its name."""
    from rich.console import Console
    from rich.text import Text

    from watch.core.cleaning import clean

    console = Console(highlight=False, soft_wrap=True)
    last: str | None = None

    def show(part: "Part") -> None:
        nonlocal last
        for failure in part.failures:
            show_failure(failure)
        if part.documents and part.source != last:
            console.print(Text(clean(part.source), style="bold"))
            last = part.source
        for document in part.documents:
            show_document(console, document)

    return show


def show_failure(failure: "NotRead") -> None:
    """Say on standard error what could not be read, and why."""
    from watch.core.cleaning import clean

    where = failure.source if failure.key is None else f"{failure.source}: {failure.key}"
    warn(f"{clean(where)}: {clean(failure.text)}")


def show_document(console: "Console", document: "Document") -> None:
    """Print a document's date, language and title, and the first line of its text."""
    from rich.text import Text

    from watch.core.cleaning import clean, clip

    width = max(console.width, 40) if console.is_terminal else 0
    moment = (
        "" if document.published is None else f"{document.published.astimezone():%Y-%m-%d %H:%M}"
    )
    language = document.languages[0] if document.languages else "--"
    head = Text.assemble(
        "  ",
        (f"{moment:<16}", "cyan"),
        "  ",
        (f"{language:<3}", "green"),
        " ",
        (clean(document.title), "bold"),
    )
    first = next((line for line in document.text.split("\n") if line.strip()), "")
    below = Text(" " * 24 + clean(clip(first, _FIRST_LINE)), style="dim")
    for line in (head, below) if first else (head,):
        if width:
            line.truncate(width, overflow="ellipsis")
        console.print(line)
