"""`watchlist silence`: what stays quiet, and until when; also beside a running daemon."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from watch.cli.exits import refuse
from watch.cli.moments import TimezoneOption, moment_ahead
from watch.cli.options import DEFAULT_CONFIG, ConfigOption, database_in
from watch.cli.wording import counted, json_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rich.table import Table

    from watch.config import Config
    from watch.core.alerts import Silence, SilenceId
    from watch.store.db import Store

_LONGEST = timedelta(days=366)
"""What is to be quiet for longer is better taken out of the rules or the subscription."""


def add_to(app: typer.Typer) -> None:
    """Add the verb and the verbs below it."""
    verbs = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="Keep a rule, an item, a source or a story quiet for a while. What it finds is kept; "
        "mails say how much was hidden.",
        epilog='Example: [bold]watchlist silence add --rule icbm --until 3d --note "exercise"[/]',
    )
    verbs.command(
        "add",
        epilog="Examples: [bold]watchlist silence add --rule icbm --until 3d[/]; "
        '[bold]watchlist silence add --story 12 --until "2026-12-01 09:00"[/]',
    )(add)
    verbs.command("list", epilog="Example: [bold]watchlist silence list --json[/]")(list_silences)
    verbs.command("lift", epilog="Example: [bold]watchlist silence lift 3 4[/]")(lift)
    app.add_typer(verbs, name="silence")


def add(
    until: Annotated[
        str, typer.Option("--until", metavar="WHEN", help="3d, 12h, 2026-12-01, 2026-12-01 09:00.")
    ],
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="ID", help="A rule, or an item as its own rule.")
    ] = None,
    item: Annotated[
        str | None,
        typer.Option("--item", metavar="ID", help="An item: what mentions nothing else."),
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="A source, as configured.")
    ] = None,
    story: Annotated[
        int | None, typer.Option("--story", metavar="N", help="A story, by its number in the mail.")
    ] = None,
    note: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="Why; it stands in mails.")
    ] = "",
    timezone: TimezoneOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Keep a rule, an item, a source or a story quiet until a moment, within a year.

    What waits to be told is hidden too. It ends by itself; what came after its end is told.
    """
    import asyncio

    from watch.cli.source_standing import local_moment
    from watch.config import load_config
    from watch.core.alerts import Silence, SilenceKind
    from watch.core.cleaning import clean

    asked = {
        SilenceKind.RULE: rule,
        SilenceKind.ITEM: item,
        SilenceKind.SOURCE: source,
        SilenceKind.STORY: None if story is None else str(story),
    }
    given = [(kind, value) for kind, value in asked.items() if value is not None]
    if len(given) != 1:
        refuse("a silence is of one thing: give --rule, --item, --source or --story")
    ((kind, value),) = given
    now = datetime.now(UTC)
    silence = Silence(
        kind=kind,
        value=value,
        since=now,
        until=moment_ahead(until, timezone, now, most=_LONGEST),
        note=clean(note).strip(),
    )
    kept = asyncio.run(_add(load_config(config), silence))
    typer.echo(
        f"silence {kept.id}: {kind.value} {clean(value)} stays quiet until "
        f"{local_moment(kept.until)}; `watchlist silence lift {kept.id}` ends it sooner"
    )


async def _add(config: "Config", silence: "Silence") -> "Silence":
    from watch.store.db import Store
    from watch.store.silences import add_silence

    store = Store.open_beside(database_in(config))
    try:
        await _check_known(config, store, silence)
        return await store.write(add_silence, silence)
    finally:
        store.close()


async def _check_known(config: "Config", store: "Store", silence: "Silence") -> None:
    """Refuse to silence what is not there: it would be quiet about nothing, and nobody would know.

    A rule is there on disk, or in the last good version of a file that broke.
    """
    from watch.core.alerts import SilenceKind, StoryId
    from watch.core.toml import suggestion
    from watch.ingest.rulefiles import read_rule_files
    from watch.pipeline.rules import last_versions
    from watch.store.rulesets import get_rule_files
    from watch.store.silences import has_story

    known: Collection[str]
    match silence.kind:
        case SilenceKind.STORY:
            if not await store.read(has_story, StoryId(int(silence.value))):
                refuse(f"no story has the number {silence.value}; `watchlist findings` tells them")
            return
        case SilenceKind.SOURCE:
            known = [*(one.name for one in config.folders), *(one.name for one in config.feeds)]
        case SilenceKind.RULE | SilenceKind.ITEM:
            disk = read_rule_files(config.rules, {}).values()
            files = (*disk, *last_versions(await store.read(get_rule_files), disk))
            known = {item.id for file in files for item in file.items}
            if silence.kind is SilenceKind.RULE:
                known |= {rule.id for file in files for rule in file.rules}
    if silence.value not in known:
        remedy = suggestion(silence.value, known)
        refuse(f"no {silence.kind.value} is called {silence.value!r}; {remedy}")


def list_silences(
    config: ConfigOption = DEFAULT_CONFIG,
    is_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    has_all: Annotated[bool, typer.Option("--all", help="Those too that are over.")] = False,
) -> None:
    """Show what is kept quiet, until when, and how many findings that has hidden so far."""
    import asyncio

    from watch.cli.source_standing import plain_console
    from watch.config import load_config

    silences, hidden = asyncio.run(_get(load_config(config)))
    now = datetime.now(UTC)
    shown = [one for one in silences if has_all or one.until > now]
    if is_json:
        told = [_as_json(one, hidden.get(one.id, 0), now) for one in shown]
        typer.echo(json_text(told))
    elif shown:
        plain_console().print(_table(shown, hidden, now))
    else:
        over = f"; {counted(len(silences), 'silence')} over: --all" if silences else ""
        typer.echo(f"nothing is kept quiet{over}")


async def _get(config: "Config") -> "tuple[tuple[Silence, ...], Mapping[SilenceId, int]]":
    from watch.store.db import Store
    from watch.store.silences import count_hidden, get_silences

    store = Store.open_to_read(database_in(config))
    try:
        return await store.read(get_silences), await store.read(count_hidden)
    finally:
        store.close()


def _table(
    silences: "Collection[Silence]", hidden: "Mapping[SilenceId, int]", now: datetime
) -> "Table":
    from rich.table import Table
    from rich.text import Text

    from watch.cli.source_standing import local_moment
    from watch.core.cleaning import clean

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Number", justify="right")
    for column in ("What", "Until"):
        table.add_column(column)
    table.add_column("Hidden", justify="right")
    table.add_column("Note")
    for one in silences:
        table.add_row(
            str(one.id),
            Text(f"{one.kind.value} {clean(one.value)}"),
            local_moment(one.until) + ("" if one.until > now else ", over"),
            str(hidden.get(one.id, 0)),
            Text(clean(one.note)),
            style="" if one.until > now else "dim",
        )
    return table


def _as_json(silence: "Silence", hidden: int, now: datetime) -> dict[str, object]:
    return {
        "number": silence.id,
        "kind": silence.kind.value,
        "value": silence.value,
        "since": silence.since.isoformat(),
        "until": silence.until.isoformat(),
        "is_over": silence.until <= now,
        "hidden": hidden,
        "note": silence.note,
    }


def lift(
    numbers: Annotated[
        list[int], typer.Argument(metavar="N...", help="As `watchlist silence list` has them.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """End silences now. What they hid is told, but for what a mail has counted as hidden."""
    import asyncio

    from watch.config import load_config

    freed = asyncio.run(_lift(load_config(config), set(numbers)))
    typer.echo(
        f"{counted(len(set(numbers)), 'silence')} lifted: {counted(freed, 'finding')} to tell"
    )


async def _lift(config: "Config", numbers: set[int]) -> int:
    from watch.core.alerts import SilenceId
    from watch.store.db import Store
    from watch.store.silences import get_silences, lift_silences

    store = Store.open_beside(database_in(config))
    try:
        known = {one.id for one in await store.read(get_silences)}
        unknown = sorted(numbers - known)
        if unknown:
            which = ", ".join(map(str, unknown))
            refuse(f"no silence has the number {which}; `watchlist silence list --all` tells them")
        return await store.write(lift_silences, [SilenceId(number) for number in numbers])
    finally:
        store.close()
