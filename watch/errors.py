"""Every error this package raises, and what each makes its catcher do.

    WatchError
    ├── MistakesError        what a user wrote does not load: all its mistakes, each with its place
    ├── SourceError          a source, or one document of it, could not be read; try again later
    │   ├── NotReadableError the bytes are not what they claim to be; trying sooner will not help
    │   └── AnswerError      a server refused: the status says for how long, and for whom
    ├── DeliveryError        a mail did not go out
    │   ├── TransientError   wait, then try this mail again (4xx, a time limit)
    │   ├── PermanentError   this address or this mail is refused for good (5xx)
    │   └── ChannelError     nothing can go out this way now (no connection, the server is busy)
    │       └── ChannelRefusedError  ... until a person acts (authentication, TLS, the sender)
    ├── StateLockedError     another process holds the state directory (exit 75)
    ├── StoreUnavailableError  the database cannot be used now: a full disk, a lock; try again
    └── StoreRefusedError    the database is corrupt, newer than this program or gone (exit 78)

A failure inside a batch is a value of the batch; exceptions cross only from room to room.
A message says what, which, and what to do: lower case, no full stop at its end.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing in a user's file that does not load, where it stands and how to mend it."""

    path: str
    line: int | None = None
    """Counted from 1; None when the whole file is meant."""
    column: int | None = None
    """In characters, counted from 1."""
    length: int = 1
    """How many characters of the line the mistake covers."""
    text: str
    remedy: str | None = None
    source: str | None = None
    """The line itself, to be shown with a caret under it."""

    def __str__(self) -> str:
        """Return it on one line: place, what is wrong, what to do."""
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        return f"{place}: {self.text}" + (f" ({self.remedy})" if self.remedy else "")

    def shown(self) -> str:
        """Return it on several lines, the spot underlined."""
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        lines = [f"{place}: {self.text}"]
        if self.source is not None and self.line is not None:
            margin = " " * 5
            lines.append(f"{self.line:>5} | {self.source}")
            if self.column is not None:
                start, end = self.column - 1, self.column - 1 + self.length
                before = "".join(map(_blank, self.source[:start]))
                under = "".join(map(_blank, self.source[start:end])).replace("\t", " ")
                lines.append(f"{margin} | {before}{'^' * max(1, len(under))}")
        if self.remedy:
            lines.append(f"      = {self.remedy}")
        return "\n".join(lines)


def _blank(char: str) -> str:
    """Return the white space that is as wide on a terminal as a character."""
    if char == "\t":
        return char
    if unicodedata.combining(char):
        return ""
    return "  " if unicodedata.east_asian_width(char) in "WF" else " "


class WatchError(Exception):
    """The root of all errors raised here."""


class MistakesError(WatchError):
    """A file of the user's does not load; `mistakes` holds all that is wrong with it."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class SourceError(WatchError):
    """A source, or one document of it, could not be read this time."""


class NotReadableError(SourceError):
    """The bytes were had, but are not what they claim to be: not a feed, not text, too large."""


class AnswerError(SourceError):
    """A server answered with a status that is no success, and may have said for how long.

    `retry_after` is as it said; its reader bounds it.
    """

    def __init__(
        self, message: str, *, status: int, host: str, retry_after: timedelta | None = None
    ) -> None:
        self.status = status
        self.host = host
        self.retry_after = retry_after
        super().__init__(message)


class DeliveryError(WatchError):
    """A mail did not go out; the message says what the other side answered."""


class TransientError(DeliveryError):
    """The same mail may go out later: a 4xx answer, a connection lost, a time limit."""


class PermanentError(DeliveryError):
    """This address, or this mail, is refused for good: a 5xx answer."""


class ChannelError(DeliveryError):
    """No mail can go out this way now: the server cannot be reached, or takes nothing."""


class ChannelRefusedError(ChannelError):
    """No mail can go out this way until a person acts: authentication, TLS, the sender."""


class StateLockedError(WatchError):
    """Another process holds the state directory."""


class StoreUnavailableError(WatchError):
    """The database cannot be written, or read, just now; nothing of what was asked happened.

    A full disk, an I/O error, a lock that another program holds: the same may go well later.
    """


class StoreRefusedError(WatchError):
    """The database cannot be used as it is, and must not be overwritten."""
