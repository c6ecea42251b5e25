"""`watchlist send-test`: one mail through the configured transport, and how that went."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from watch.cli.exits import Exit, refuse
from watch.cli.options import DEFAULT_CONFIG, ConfigOption
from watch.cli.wording import warn

if TYPE_CHECKING:
    from watch.config import Config
    from watch.core.model import Message
    from watch.errors import DeliveryError
    from watch.notify.smtp import Observer

_MARK = "[TEST]"


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("send-test", epilog="Example: [bold]watchlist send-test desk@example.org[/]")(
        send_test
    )


def send_test(
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Who gets it: desk@example.org.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Send a drill: a sample of an alert, marked as a test, the way that alerts go.

    Every step of the conversation with the mail server is told, with the seconds it took;
    passwords are not. The outbox and a running daemon have no part in it. Exits with 1 when it did
    not go out.
    """
    import asyncio

    from watch.config import load_config
    from watch.errors import DeliveryError

    loaded = load_config(config)
    message = asyncio.run(_drill(loaded, address))
    try:
        answer = asyncio.run(_send(loaded, message, _Steps().tell))
    except DeliveryError as error:
        warn(_remedy(error, is_smtp=loaded.smtp is not None))
        raise typer.Exit(Exit.NEEDS_A_PERSON) from error
    if loaded.smtp is None:
        typer.echo(f"the mail lies in a Maildir: {answer}; any mail program opens it")
    else:
        typer.echo(f"the mail server has taken it: {answer}")


class _Steps:
    """The steps of a conversation as they are told: each with the time since the one before."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def tell(self, step: str, said: str) -> None:
        """Print a step that is done."""
        from watch.core.cleaning import clean

        now = time.monotonic()
        typer.echo(f"{now - self._last:8.3f} s  {step:<8}  {clean(said)}")
        self._last = now


async def _drill(config: "Config", address: str) -> "Message":
    """Return a mail that shows what an alert looks like; each has a Message-ID of its own."""
    from watch.core.cleaning import clean
    from watch.ingest.sandbox import Sandbox
    from watch.notify.sample import SAMPLE_SUBSCRIPTION, SAMPLES
    from watch.pipeline.writing import write_alert

    now = datetime.now(UTC)
    sample = SAMPLES[0]
    # A second mail of the same Message-ID would be dropped on its way, as one that came twice.
    alert = replace(sample.alert, subscription=f"drill of {now.isoformat()}")
    report = replace(sample, alert=alert)
    subscription = replace(SAMPLE_SUBSCRIPTION, name="drill", to=(address,))
    with Sandbox() as sandbox:
        settings = replace(config.mail, mark=_MARK)
        rendered = await write_alert(sandbox, settings, report, subscription, now=now)
    for complaint in rendered.complaints:
        warn(complaint)
    if not rendered.messages:
        refuse(clean(rendered.failures[0].text))
    return rendered.messages[0]


async def _send(config: "Config", message: "Message", tell: "Observer") -> str:
    from watch.errors import DeliveryError
    from watch.notify.addresses import parse_address
    from watch.notify.maildir import Maildir
    from watch.notify.smtp import Smtp

    async def mark() -> None:
        """Note nothing: after a crash nobody sends it again."""

    sender = parse_address(config.mail.sender).spec
    transport = Smtp(config.smtp, observe=tell) if config.smtp else Maildir(config.maildir)
    try:
        return await transport.send(message, sender=sender, mark=mark)
    except DeliveryError as error:
        tell("failed", str(error))
        raise
    finally:
        await transport.close()


def _remedy(error: "DeliveryError", *, is_smtp: bool) -> str:
    """Return what to do, where the error itself does not say."""
    from watch.errors import ChannelError, ChannelRefusedError, PermanentError

    if not is_smtp or isinstance(error, ChannelRefusedError):
        return "mend that, and test again"
    match error:
        case ChannelError():
            return (
                "check host, port and security in [mail], and whether a firewall lets it out; "
                "the daemon tries again by itself, this test does not"
            )
        case PermanentError():
            return (
                "check the address; if it is right, ask whoever runs the mail server what the "
                "sender may send"
            )
        case _:
            return (
                "test again in some minutes; the daemon tries again by itself, this test does not"
            )
