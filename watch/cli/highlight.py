"""Files with what is found in them marked, and why."""

from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from watch.cli.jsonl import Measured, matching_as_json
from watch.cli.wording import json_text, warn
from watch.core.cleaning import clean
from watch.core.matcher import Matcher
from watch.core.model import Document, Field, Finding, Matching
from watch.errors import SourceError
from watch.ingest.extract import extract
from watch.ingest.language import languages_of


def show_files(matcher: Matcher, files: list[Path], measured: Measured, *, as_json: bool) -> bool:
    """Show what is found in files; return whether all of them could be read."""
    console = Console(highlight=False, soft_wrap=True)
    told: list[dict[str, object]] = []
    is_whole = True
    for path in files:
        try:
            document = document_of(path)
        except SourceError as error:
            is_whole = False
            told.append({"id": str(path), "error": str(error)})
            if not as_json:
                warn(f"{clean(str(path))}: {clean(str(error))}")
            continue
        matching = measured.match(matcher, document)
        told.append({"id": str(path), **matching_as_json(document, matching)})
        if not as_json:
            _show(console, path, document, matching)
    if as_json:
        typer.echo(json_text(told))
    return is_whole


def document_of(path: Path) -> Document:
    """Return a file as the daemon would take it in; what of it cannot be read is told."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}") from error
    read = extract(content, suffix=path.suffix)
    for unread in read.unread:
        warn(f"{clean(str(path))}: read in part: {clean(unread)}")
    title = read.title or path.stem
    return Document(
        source="match",
        key=str(path),
        title=title,
        text=read.text,
        seen=datetime.now(UTC),
        languages=languages_of(title, read.text, declared=read.language),
    )


def _show(console: Console, path: Path, document: Document, matching: Matching) -> None:
    console.print(Text(clean(str(path)), style="bold"))
    is_plain = not console.is_terminal
    console.print(_marked(document, Field.TITLE, matching, is_plain=is_plain, style="bold"))
    console.print()
    console.print(_marked(document, Field.TEXT, matching, is_plain=is_plain))
    console.print()
    for finding in matching.findings:
        console.print(_why(document, finding))
    tracked = {mention.item for mention in matching.mentions if mention.item}
    silent = sorted(tracked - {finding.rule for finding in matching.findings})
    if silent:
        console.print(Text(clean(f"tracked without an alert: {', '.join(silent)}"), style="dim"))
    if not tracked:
        console.print(Text("nothing found", style="dim"))
    for failure in matching.failures:
        console.print(Text(clean(f"{failure.rule}: {failure.text}"), style="yellow"))
    console.print()


def _marked(
    document: Document, field: Field, matching: Matching, *, is_plain: bool, style: str = ""
) -> Text:
    """Return a field with its mentions marked: by colour, or by brackets in a pipe."""
    text = document.field_text(field)
    spans = [(one.start, one.end) for one in matching.mentions if one.field is field]
    shown = Text(style=style)
    at = 0
    for start, end in _joined(spans):
        shown.append(_printable(text[at:start]))
        inner = _printable(text[start:end])
        shown.append(f"[{inner}]" if is_plain else inner, style="black on yellow")
        at = end
    shown.append(_printable(text[at:]))
    return shown


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return overlapping spans as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _printable(text: str) -> str:
    """Return a text that does nothing to a terminal; its lines stay."""
    return "\n".join(clean(line) for line in text.split("\n"))


def _why(document: Document, finding: Finding) -> Text:
    found: dict[tuple[str, str, str], int] = {}
    for mention in finding.mentions:
        words = clean(mention.text_in(document))
        key = (words, mention.field.value, mention.term)
        found[key] = found.get(key, 0) + 1
    reasons = [
        f'"{words}" in the {field}'
        + (f' (the term "{term}")' if term != words else "")
        + (f", {count} times" if count > 1 else "")
        for (words, field, term), count in found.items()
    ]
    why = Text.assemble(
        (clean(finding.name), "bold yellow"), (clean(f" ({finding.place})"), "cyan"), " - "
    )
    return why.append(clean("; ".join(reasons)))
