"""The exit codes of all verbs."""

from enum import IntEnum
from typing import NoReturn

import typer

from watch.cli.wording import warn


class Exit(IntEnum):
    """What the exit code says."""

    DONE = 0
    NEEDS_A_PERSON = 1
    USAGE = 2
    LOCKED = 75
    REFUSED = 78


def refuse(text: str, code: Exit = Exit.USAGE) -> NoReturn:
    """End a command with words on why it does not do what it was asked to."""
    warn(f"watchlist: {text}")
    raise typer.Exit(code)
