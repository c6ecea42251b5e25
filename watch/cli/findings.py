"""`watchlist findings`: what was found, the newest first, and what became of it."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from watch.cli.moments import TimezoneOption, moment_before
from watch.cli.options import DEFAULT_CONFIG, ConfigOption, database_in
from watch.cli.wording import json_text, warn

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from watch.core.model import Severity
    from watch.store.findings import Choice, Fate, Listed

_AT_ONCE = 500
"""Findings that are held at one time, however many are asked for."""


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        epilog='Examples: [bold]watchlist findings --rule "*-drones" --since 3d[/]; '
        "[bold]watchlist findings --json --limit 100000 > findings.jsonl[/]"
    )(findings)


def findings(
    rule: Annotated[
        str | None,
        typer.Option("--rule", metavar="ID", help='Of a rule, or of many: "*-missiles".'),
    ] = None,
    item: Annotated[
        str | None, typer.Option("--item", metavar="ID", help="That mention an item.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="From a source.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="3d, 2026-12-01 09:00.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="WHEN", help="Older than 3d, 2026-12-01.")
    ] = None,
    timezone: TimezoneOption = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="At most so many.")
    ] = 50,
    config: ConfigOption = DEFAULT_CONFIG,
    is_json: Annotated[
        bool, typer.Option("--json", help="For machines: one line for each.")
    ] = False,
) -> None:
    """List what was found, the newest first, and what became of it for each subscription.

    It waits, was told, folded (its story was told before, with that rule), silenced, or is
    nobody's: no subscription asks for it, or it belongs to a feed's baseline.
    """
    import asyncio

    from watch.config import load_config
    from watch.store.findings import Choice

    now = datetime.now(UTC)
    choice = Choice(
        rule=rule,
        item=item,
        source=source,
        since=None if since is None else moment_before(since, timezone, now),
        until=None if until is None else moment_before(until, timezone, now),
    )
    database = database_in(load_config(config))
    asyncio.run(_show(database, choice, limit, as_json=is_json))


async def _show(database: "Path", choice: "Choice", limit: int, *, as_json: bool) -> None:
    """Print what is asked for, part by part, and say on the error stream when there is more."""
    from watch.cli.source_standing import plain_console

    console = plain_console()
    shown = 0
    async for part in _parts(database, choice, limit + 1):
        room = part[: limit - shown]
        shown += len(room)
        if as_json:
            for one in room:
                typer.echo(json_text(_as_json(one), indent=None))
        elif room:
            console.print(_table(room))
        if len(room) < len(part):
            warn(f"there are more than {limit:,}: --limit N shows more of them")
    if not shown:
        warn("nothing was found")


async def _parts(
    database: "Path", choice: "Choice", most: int
) -> AsyncIterator["Sequence[Listed]"]:
    """Yield findings, the newest first; each part from a transaction of its own."""
    from watch.store.db import Store
    from watch.store.findings import list_findings

    store = Store.open_to_read(database)
    try:
        last = None
        while most > 0:
            part = await store.read(list_findings, choice, before=last, most=min(most, _AT_ONCE))
            if not part:
                return
            yield part
            most -= len(part)
            last = part[-1].number
    finally:
        store.close()


def _table(findings: "Sequence[Listed]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from watch.cli.source_standing import local_moment
    from watch.core.cleaning import clean

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Seen", "Severity", "Rule", "Source"):
        table.add_column(column)
    table.add_column("Story", justify="right")
    for column in ("Title", "What became of it"):
        table.add_column(column, overflow="fold")
    for one in findings:
        title = Text(clean(one.title).strip() or clean(one.key))
        if one.url is not None:
            title.append(f" {clean(one.url)}", style="dim")
        table.add_row(
            local_moment(one.seen),
            Text(one.severity.word, style=_style(one.severity)),
            Text(clean(one.rule)),
            Text(clean(one.source)),
            "" if one.story is None else str(one.story),
            title,
            Text("; ".join(map(_told, one.fates)) or "nobody's"),
        )
    return table


def _style(severity: "Severity") -> str:
    return {"high": "bold red", "low": "dim"}.get(severity.word, "")


def _told(fate: "Fate") -> str:
    from watch.cli.source_standing import local_moment
    from watch.core.cleaning import clean
    from watch.store.tellings import Outcome

    match fate.outcome:
        case None:
            what = "waiting"
        case Outcome.TOLD:
            what = f"told on {local_moment(fate.told)}"
        case Outcome.FOLDED:
            what = "folded"
        case Outcome.SILENCED:
            what = f"silenced ({fate.silence})"
    return f"{clean(fate.subscription)}: {what}"


def _as_json(finding: "Listed") -> dict[str, object]:
    from watch.cli.source_standing import iso

    return {
        "number": finding.number,
        "seen": iso(finding.seen),
        "severity": finding.severity.word,
        "rule": finding.rule,
        "name": finding.name,
        "items": list(finding.items),
        "source": finding.source,
        "key": finding.key,
        "title": finding.title,
        "url": finding.url,
        "story": finding.story,
        "subscriptions": [
            {
                "name": fate.subscription,
                "outcome": "waiting" if fate.outcome is None else fate.outcome.value,
                "mail": iso(fate.told),
                "silence": fate.silence,
            }
            for fate in finding.fates
        ],
    }
