"""`watchlist import-items`: a list of names and aliases to a rule file."""

from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watch.cli.exits import Exit
from watch.cli.wording import counted, warn

if TYPE_CHECKING:
    from watch.cli.lists import Row


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "import-items",
        epilog="Example: [bold]watchlist import-items people.csv --kind person "
        "-o rules/people.toml[/]",
    )(import_items)


def import_items(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .jsonl file, in UTF-8.")],
    kind: Annotated[str | None, typer.Option(help="The kind of items that name none.")] = None,
    tags: Annotated[
        str | None, typer.Option(metavar="A,B", help="Tags for all, parted by commas.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Else standard output.")
    ] = None,
) -> None:
    """Make a rule file of a list of names and aliases.

    Columns, or keys: name, aliases (other names beside it) or terms (in its place), id, kind, tags,
    except, language, severity, note, owner. In CSV several aliases are parted by ; or |. Rows of
    one id become one item. A row that makes no item is told with its line and left out: exit 1.
    """
    from watch.cli.lists import read_rows

    if output is not None and output.exists():
        warn(f"watchlist import-items: {output} is there already; name another")
        raise typer.Exit(Exit.USAGE)
    listed = read_rows(file)
    refused = list(listed.refused)
    rows = _merged(listed.rows)
    defaults: dict[str, object] = {}
    if tags:
        defaults["tags"] = [tag.strip() for tag in tags.split(",") if tag.strip()]
    if kind:
        defaults["kind"] = kind
    text, bad = _rule_file(defaults, rows)
    refused += bad
    for line in listed.unused:
        warn(f"{file}: {line}")
    for number, why in sorted(refused):
        warn(f"{file}:{number}: {why}")
    kept = len(rows) - len({number for number, _ in bad})
    _write(text, output)
    warn(f"{counted(kept, 'item')}, {counted(len(refused), 'mistake')}")
    if refused:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _merged(rows: "tuple[Row, ...]") -> "list[Row]":
    """Return the rows with those of one id joined to the first of them, which is told."""
    from watch.core.rules.parse import slug

    by_id: dict[str, Row] = {}
    for row in rows:
        item_id = str(row.item.get("id") or slug(str(row.item["name"])) or row.line)
        first = by_id.setdefault(item_id, row)
        if first is not row:
            warn(f"line {row.line} joins line {first.line}: both are {item_id!r}")
            by_id[item_id] = first.joined(row)
    return list(by_id.values())


def _rule_file(defaults: dict[str, object], rows: "list[Row]") -> tuple[str, list[tuple[int, str]]]:
    """Return a rule file of all rows that make an item, and what is wrong with the others.

    It is the parser of rule files that tells, by the same words as `watchlist check`.
    """
    import tomli_w

    from watch.core.rules.parse import parse_rule_file

    refused: list[tuple[int, str]] = []
    head = {"defaults": defaults} if defaults else {}
    while True:
        text = tomli_w.dumps({**head, "item": [row.item for row in rows]}, multiline_strings=False)
        mistakes = parse_rule_file("items", text).mistakes
        if not mistakes:
            return text if rows else "", refused
        headers = [at for at, line in enumerate(text.split("\n"), 1) if line == "[[item]]"]
        bad: dict[int, str] = {}
        for mistake in mistakes:
            at = bisect_right(headers, mistake.line or 0) - 1
            why = mistake.text + (f" ({mistake.remedy})" if mistake.remedy else "")
            bad.setdefault(at, why)
        refused += [(rows[at].line, why) for at, why in bad.items()]
        rows = [row for at, row in enumerate(rows) if at not in bad]


def _write(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text.encode(), nl=False)
    else:
        output.write_text(text, "utf-8")
        warn(f"wrote {output}")
