"""`watchlist outbox`: what has not left, or failed, and what is to become of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from watch.cli.exits import Exit, refuse
from watch.cli.options import DEFAULT_CONFIG, ConfigOption, database_in
from watch.cli.wording import json_text, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime
    from email.message import EmailMessage

    from rich.table import Table

    from watch.config import Config
    from watch.core.model import MessageId, MessageState
    from watch.store.db import Transaction
    from watch.store.messages import KeptMessage

_MOST = 200

NumbersArgument = Annotated[
    list[int], typer.Argument(metavar="N", help="As `watchlist outbox list` has them.")
]


_UNSENT = ("waiting", "claimed", "marked", "held", "failed")


def add_to(app: typer.Typer) -> None:
    """Add the verb and the verbs below it."""
    verbs = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="Look at the mails that wait, are held or failed; let them go, or keep them from "
        "going. Also beside a running daemon.",
        epilog="Example: [bold]watchlist outbox list --state held[/]",
    )
    verbs.command(
        "list",
        epilog="Examples: [bold]watchlist outbox list[/]; "
        "[bold]watchlist outbox list --state sent --json[/]",
    )(list_messages)
    verbs.command(
        "show",
        epilog="Examples: [bold]watchlist outbox show 12[/]; "
        "[bold]watchlist outbox show 12 --raw > mail.eml[/]",
    )(show)
    verbs.command("release", epilog="Example: [bold]watchlist outbox release 12 13[/]")(release)
    verbs.command("cancel", epilog="Example: [bold]watchlist outbox cancel 12[/]")(cancel)
    app.add_typer(verbs, name="outbox")


def list_messages(
    states: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="Those alone, more than once if need be: waiting, claimed, marked, held, failed; "
            "sent, cancelled.",
        ),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", min=1, metavar="N", help="The newest so many.")
    ] = _MOST,
    config: ConfigOption = DEFAULT_CONFIG,
    is_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show what has not left: what waits, is being sent, is held, or failed.

    `marked` is being transmitted. `held` is what a crash left unknown: whether it was sent.
    """
    import asyncio

    from watch.cli.source_standing import plain_console
    from watch.config import load_config

    asked = _states(states or _UNSENT)
    # One more than is shown, to know whether there are more.
    messages = asyncio.run(_get(load_config(config), asked, most + 1))
    shown = messages[-most:]
    if is_json:
        typer.echo(json_text(list(map(_as_json, shown))))
        return
    if not shown:
        typer.echo("no mail is " + " or ".join(state.value for state in asked))
        return
    plain_console().print(_table(shown))
    if len(messages) > most:
        typer.echo(f"these are the newest {most:,}; --most N shows more")


def _states(words: "Sequence[str]") -> "list[MessageState]":
    from watch.core.model import MessageState
    from watch.core.toml import suggestion

    known = [state.value for state in MessageState]
    for word in words:
        if word not in known:
            refuse(f"no state is called {word!r}; {suggestion(word, known)}")
    return [MessageState(word) for word in words]


async def _get(
    config: "Config", states: "Sequence[MessageState]", most: int
) -> "tuple[KeptMessage, ...]":
    from watch.store.db import Store
    from watch.store.messages import get_messages

    store = Store.open_to_read(database_in(config))
    try:
        return await store.read(get_messages, states, most=most)
    finally:
        store.close()


def _table(messages: "Sequence[KeptMessage]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from watch.cli.source_standing import local_moment
    from watch.core.cleaning import clean

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Number", justify="right")
    for column in ("State", "To", "Subject", "Since"):
        table.add_column(column)
    table.add_column("Tries", justify="right")
    for column in ("Next try", "Last answer"):
        table.add_column(column)
    for one in messages:
        table.add_row(
            str(one.id),
            one.state.value,
            Text(clean(one.recipient)),
            Text(_subject(one.head)),
            local_moment(one.created),
            str(one.attempts),
            local_moment(one.due) if one.due else "",
            Text(_last_answer(one)),
        )
    return table


def _as_json(message: "KeptMessage") -> dict[str, object]:
    from watch.cli.source_standing import iso

    return {
        "number": message.id,
        "message_id": message.message_id,
        "to": message.recipient,
        "subject": _subject(message.head),
        "state": message.state.value,
        "since": iso(message.created),
        "tries": message.attempts,
        "next_try": iso(message.due),
        "settled": iso(message.settled),
        "answer": message.answer,
    }


def _subject(head: bytes) -> str:
    from watch.core.cleaning import clean

    return clean(str(_parsed(head)["Subject"] or "")).strip()


def _parsed(content: bytes) -> "EmailMessage":
    from email import policy
    from email.parser import BytesParser

    return BytesParser(policy=policy.default).parsebytes(content)


def show(
    number: Annotated[int, typer.Argument(metavar="N", help="As `watchlist outbox list` has it.")],
    is_raw: Annotated[
        bool, typer.Option("--raw", help="Its bytes, as they are sent, and nothing else.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show how it stands with a mail, its headers and its text."""
    import asyncio

    from watch.config import load_config
    from watch.core.cleaning import clean, clean_lines

    kept, content = asyncio.run(_get_one(load_config(config), number))
    if is_raw:
        typer.echo(content, nl=False)
        return
    mail = _parsed(content)
    typer.echo(f"{_standing(kept)}\n")
    for name, value in mail.items():
        typer.echo(f"{name}: {clean(str(value))}")
    body = mail.get_body(("plain",))
    text = "" if body is None else str(body.get_content()).replace("\r\n", "\n")
    typer.echo(f"\n{clean_lines(text)}", nl=False)


async def _get_one(config: "Config", number: int) -> "tuple[KeptMessage, bytes]":
    from watch.core.model import MessageId
    from watch.store.db import Store
    from watch.store.messages import get_message

    store = Store.open_to_read(database_in(config))
    try:
        found = await store.read(get_message, MessageId(number))
    finally:
        store.close()
    return found or _refuse_unknown([number])


def _standing(message: "KeptMessage") -> str:
    """Return how it stands with a message, on one line."""
    from watch.cli.source_standing import local_moment
    from watch.core.cleaning import clean

    told = f"mail {message.id} to {clean(message.recipient)}: {message.state.value}"
    told += f", written {local_moment(message.created)}, {_tried(message.attempts)}"
    if message.due is not None:
        told += f", next at {local_moment(message.due)}"
    return f"{told}; {_last_answer(message)}" if message.answer else told


def _last_answer(message: "KeptMessage") -> str:
    """Return what was said last; below it, in the database, stands why it was not sent before."""
    from watch.core.cleaning import clean

    return clean(message.answer.partition("\n")[0])


def _tried(attempts: int) -> str:
    return "tried once" if attempts == 1 else f"tried {attempts} times" if attempts else "not tried"


def release(numbers: NumbersArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Let mails go now: what is held is sent, what failed is tried again, what waits is due.

    A held mail may have been sent: its reader then gets it twice, byte for byte the same. A
    channel that is closed, for the server cannot be reached, stays closed until its time.
    """
    from watch.store.messages import RELEASABLE, release_message

    _change(numbers, config, release_message, "released: due now", RELEASABLE)


def cancel(numbers: NumbersArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """End mails that wait or are held, unsent, for good; never one that is being sent.

    What they tell counts as told: `watchlist findings` has it.
    """
    from watch.store.messages import CANCELLABLE, cancel_message

    _change(numbers, config, cancel_message, "cancelled", CANCELLABLE)


def _change(
    numbers: list[int],
    config: Path,
    change: "Callable[[Transaction, MessageId, datetime], bool]",
    done: str,
    states: "Collection[MessageState]",
) -> None:
    """Change each message, tell what came of it; exit with 1 where one was not to be changed."""
    import asyncio

    from watch.config import load_config
    from watch.core.cleaning import clean

    outcomes = asyncio.run(_apply(load_config(config), list(dict.fromkeys(numbers)), change))
    for kept, is_done in outcomes:
        if is_done:
            typer.echo(f"mail {kept.id} to {clean(kept.recipient)}: {done}")
        else:
            allowed = ", ".join(state.value for state in states)
            what = f"mail {kept.id} is {kept.state.value}, and left as it is"
            warn(f"watchlist: {what}; this is for what is {allowed}")
    if not all(is_done for _, is_done in outcomes):
        raise typer.Exit(Exit.NEEDS_A_PERSON)


async def _apply(
    config: "Config",
    numbers: list[int],
    change: "Callable[[Transaction, MessageId, datetime], bool]",
) -> "list[tuple[KeptMessage, bool]]":
    """Return each message as it stands then, and whether it was changed; none if one is unknown."""
    from datetime import UTC, datetime

    from watch.core.model import MessageId
    from watch.store.db import Store
    from watch.store.messages import get_message

    store = Store.open_beside(database_in(config))
    try:
        known = [await store.read(get_message, MessageId(number)) for number in numbers]
        unknown = [number for number, one in zip(numbers, known, strict=True) if one is None]
        if unknown:
            _refuse_unknown(unknown)
        outcomes = []
        for kept, _ in filter(None, known):
            is_done = await store.write(change, kept.id, datetime.now(UTC))
            found = await store.read(get_message, kept.id)
            outcomes.append((found[0] if found is not None else kept, is_done))
        return outcomes
    finally:
        store.close()


def _refuse_unknown(numbers: list[int]) -> NoReturn:
    which = ", ".join(map(str, numbers))
    refuse(
        f"no mail has the number {which}; `watchlist outbox list` tells those that have not left"
    )
