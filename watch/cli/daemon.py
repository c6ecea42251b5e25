"""`watchlist run` and `watchlist once`."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from watch.cli.exits import Exit
from watch.cli.options import DEFAULT_CONFIG, ConfigOption, LogFormat, LogFormatOption

if TYPE_CHECKING:
    from watch.config import Config


def add_to(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command(epilog="Example: [bold]watchlist run --config /etc/watchlist/config.toml[/]")(run)
    app.command(epilog="Example, for cron: [bold]*/15 * * * * cd /srv/desk && watchlist once[/]")(
        once
    )


def run(
    config: ConfigOption = DEFAULT_CONFIG, log_format: LogFormatOption = LogFormat.TEXT
) -> None:
    """Watch until told to stop: read sources, match, mail.

    Edited rules, templates and settings are taken up at once, or when SIGHUP asks for it; what does
    not load leaves all as it was.

    SIGTERM or Ctrl-C stops it cleanly: a mail whose transmission has begun is waited for, all
    else is given back. A second signal ends it now.
    """
    with _uncollected():
        import asyncio

        from watch import app
        from watch.cli.signals import until_signal

        loaded = _ready(config, log_format)
    reloading = asyncio.Event()
    asyncio.run(
        until_signal(lambda stopping: app.run(loaded, stopping, reloading), reloading=reloading)
    )


def once(
    config: ConfigOption = DEFAULT_CONFIG, log_format: LogFormatOption = LogFormat.TEXT
) -> None:
    """Do everything that is due, then exit; for cron. Nothing waits for anything.

    Exits with 1 when a source could not be read, or a rule file does not load and its last good
    version served.
    """
    with _uncollected():
        import asyncio

        from watch import app
        from watch.cli.signals import until_signal

        loaded = _ready(config, log_format)
    went_well = asyncio.run(until_signal(lambda stopping: app.run_once(loaded, stopping)))
    if not went_well:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Put garbage collection off, and have it leave out for good what is there at the end.

    Modules are 100,000 values, none of them garbage: to look through them again and again takes a
    tenth of the start, and 40 ms at each full collection after it.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _ready(config: Path, form: LogFormat) -> "Config":
    from watch.cli.logs import set_up_logging
    from watch.config import load_config

    loaded = load_config(config)
    set_up_logging(form=form)
    return loaded
