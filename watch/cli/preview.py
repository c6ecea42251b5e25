"""`watchlist preview`: the next mail, before it goes out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watch.cli.exits import Exit, refuse
from watch.cli.options import DEFAULT_CONFIG, ConfigOption, database_in
from watch.cli.wording import counted, warn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage

    from watch.config import Config
    from watch.core.alerts import Report
    from watch.core.model import Subscription
    from watch.notify.render import Rendered
    from watch.pipeline.foresight import NextMail


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        epilog="Examples: [bold]watchlist preview[/]; "
        '[bold]watchlist preview --subscription "Korea desk" --html next.html[/]'
    )(preview)


def preview(
    subscription: Annotated[
        str | None, typer.Option("--subscription", metavar="NAME", help="Of this one alone.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write its HTML part there.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show the next mail of each subscription that has one, and when it goes out.

    Nothing is sent, settled or changed. It is what goes out if nothing more comes until then.
    """
    import asyncio

    from watch.config import load_config

    loaded = load_config(config)
    mails = asyncio.run(_get(loaded, _asked_for(loaded, subscription)))
    ready = [one for one in mails if one.waiting or (one.report is not None and subscription)]
    if html is not None and len(ready) > 1:
        names = ", ".join(one.subscription.name for one in ready)
        refuse(f"--html writes one mail, and several come ({names}): name a --subscription")
    for one in mails:
        _show_unsaid(one, is_asked=subscription is not None)
        if one in ready:
            _show(one, loaded, html)
    if not ready and subscription is None:
        typer.echo("nothing waits to be told")


def _asked_for(config: "Config", name: str | None) -> "Sequence[Subscription]":
    from watch.core.toml import suggestion

    if name is None:
        return config.subscriptions
    asked = [one for one in config.subscriptions if one.name == name]
    if not asked:
        known = [one.name for one in config.subscriptions]
        refuse(f"no subscription is called {name!r}; {suggestion(name, known)}")
    return asked


async def _get(config: "Config", asked: "Sequence[Subscription]") -> "tuple[NextMail, ...]":
    from watch.pipeline.foresight import get_next_mails
    from watch.store.db import Store

    sources = [*(one.name for one in config.folders), *(one.name for one in config.feeds)]
    store = Store.open_to_read(database_in(config))
    try:
        return await store.read(get_next_mails, asked, sources, datetime.now(UTC))
    finally:
        store.close()


def _show_unsaid(mail: "NextMail", *, is_asked: bool) -> None:
    """Say what is not told of what waits, and for whom nothing does where that was asked."""
    from watch.core.cleaning import clean

    name = clean(mail.subscription.name)
    if mail.folded:
        typer.echo(f"{name}: {counted(mail.folded, 'finding')} folded, told before")
    if mail.silenced:
        typer.echo(f"{name}: {counted(mail.silenced, 'finding')} silenced")
    if is_asked and not mail.waiting:
        typer.echo(f"{name}: nothing waits to be told")


def _show(mail: "NextMail", config: "Config", html: Path | None) -> None:
    import asyncio

    from watch.core.cleaning import clean, clean_lines

    name = clean(mail.subscription.name)
    waits = counted(mail.waiting, "finding")
    typer.echo(f"{name}: {waits} to tell, {_when(mail)}")
    if mail.report is None or mail.at is None:
        return
    rendered = asyncio.run(_write_mail(mail, mail.report, mail.at, config))
    for complaint in rendered.complaints:
        warn(f"{name}: {complaint}")
    for failure in rendered.failures:
        warn(f"{name}: no mail to {clean(failure.recipient)}: {failure.text}")
    if not rendered.messages:
        raise typer.Exit(Exit.NEEDS_A_PERSON)
    message = _parsed(rendered.messages[0].content)
    typer.echo(f"To: {', '.join(clean(one.recipient) for one in rendered.messages)}")
    typer.echo(f"Subject: {clean(str(message['Subject']))}\n")
    typer.echo(clean_lines(_part(message, "plain")))
    if html is not None:
        _write(html, _part(message, "html"))


async def _write_mail(
    mail: "NextMail", report: "Report", now: datetime, config: "Config"
) -> "Rendered":
    from watch.ingest.sandbox import Sandbox
    from watch.pipeline.writing import write_alert

    with Sandbox() as sandbox:
        return await write_alert(sandbox, config.mail, report, mail.subscription, now=now)


def _when(mail: "NextMail") -> str:
    """Return when a mail goes out, on the recipient's clock, and what makes it wait."""
    subscription = mail.subscription
    if mail.at is None:
        return "and no mail will be due"
    waits = "at once" if subscription.schedule is None else str(subscription.schedule)
    if subscription.quiet is not None:
        waits += f", quiet {subscription.quiet}"
    moment = f"{mail.at.astimezone(subscription.zone):%Y-%m-%d %H:%M:%S %Z}"
    several = f" (the first of {mail.mails})" if mail.mails > 1 else ""
    is_due = mail.at <= datetime.now(UTC)
    return f"due now ({waits}){several}" if is_due else f"at {moment} ({waits}){several}"


def _parsed(content: bytes) -> "EmailMessage":
    from email.parser import BytesParser
    from email.policy import default

    return BytesParser(policy=default).parsebytes(content)


def _part(message: "EmailMessage", kind: str) -> str:
    part = message.get_body((kind,))
    text = "" if part is None else part.get_content()
    return str(text).replace("\r\n", "\n")


def _write(path: Path, html: str) -> None:
    try:
        path.write_text(html, "utf-8")
    except OSError as error:
        refuse(f"{path}: cannot be written: {error.strerror}; name another file")
    typer.echo(f"its HTML part: {path}")
