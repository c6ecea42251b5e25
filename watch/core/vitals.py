"""What tells from outside whether the daemon does its work."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watch.core.model import MessageState, SourceState

LATE = timedelta(hours=2)
"""How late anything may be before the daemon is not well: mail servers that put mail off, and hosts
that want to be left alone, take less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSource:
    """A source that is configured, and how it stands."""

    name: str
    every: timedelta | None = None
    """How often it is read, where that is said."""
    is_folder: bool = False
    state: SourceState | None = None
    """None before it was first looked at."""

    @property
    def expected(self) -> datetime | None:
        """When it is to be looked at next at the latest; None before it was first looked at."""
        if self.state is None:
            return None
        if self.is_folder and self.state.failing_since is None and self.state.succeeded is not None:
            # A folder is looked at all the time; what it has is when that went well.
            return self.state.succeeded + (self.every or timedelta(0))
        return self.state.due


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the database holds."""

    documents: int = 0
    """Taken in since it was made; so are the next two."""
    findings: int = 0
    mails: int = 0
    states: Mapping[MessageState, int] = field(default_factory=dict)
    """How many mails are in each state now, but for those that were sent."""
    oldest: datetime | None = None
    """When the oldest mail was made that has not ended."""
    due: datetime | None = None
    """When the first mail is to go out that waits."""
    size: int = 0
    """In bytes, with its log; so is the next."""
    free: int = 0
    """On its disk, for this user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCounts:
    """What rules are in force."""

    items: int = 0
    rules: int = 0
    files: int = 0
    stale: int = 0
    """Of the files, those that are not in force as they lie on disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """How it stands with a daemon at work."""

    version: str
    now: datetime
    started: datetime
    sources: tuple[WatchedSource, ...] = ()
    counts: Counts = Counts()
    rules: RuleCounts = RuleCounts()
    settled: Mapping[MessageState, int] = field(default_factory=dict)
    """How many mails ended in each state since the daemon started."""
    closed_since: datetime | None = None
    """Since when the way that mail takes fails as a whole."""
    closed_until: datetime | None = None
    refused: str | None = None
    """Why no mail goes out until somebody acts, in words."""
    pinged: datetime | None = None
    """When a monitor was last told that all is well."""
    unpinged: str | None = None
    """Why it was not told the last time; None where it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What a daemon at work writes down of itself, for those who look from outside."""

    pid: int
    version: str
    started: datetime
    beaten: datetime
    """When it was written."""
    closed_until: datetime | None = None
    refused: str | None = None
    pinged: datetime | None = None
    unpinged: str | None = None
    troubles: tuple[str, ...] = ()
    """Why the daemon is not well, in words."""


def troubles_of(vitals: Vitals) -> tuple[str, ...]:
    """Return in words why a daemon does not do its work; nothing where it does.

    A source that cannot be read is no fault of the daemon's, as long as it is tried: of that the
    operator is told by mail.
    """
    troubles = []
    overdue = [
        one.name
        for one in vitals.sources
        if one.expected is not None and vitals.now - max(one.expected, vitals.started) > LATE
    ]
    if overdue:
        more = f" and {len(overdue) - 1} more" if len(overdue) > 1 else ""
        troubles.append(f"source {overdue[0]}{more} should have been read {_hours()} ago")
    counts, closed = vitals.counts, vitals.closed_since
    if counts.oldest is not None and closed is not None and vitals.now - closed > LATE:
        troubles.append(f"no mail goes out for more than {_hours()}")
    elif counts.due is not None and vitals.now - max(counts.due, vitals.started) > LATE:
        troubles.append(f"mail should have gone out {_hours()} ago")
    return tuple(troubles)


def _hours() -> str:
    return f"{LATE // timedelta(hours=1)} hours"
