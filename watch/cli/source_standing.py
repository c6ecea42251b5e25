"""How it stands with each source: gathered, shown, written as JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from watch.cli.wording import counted
from watch.config import Config
from watch.core.cleaning import clean, masked
from watch.core.model import SourceState

_PIPE_WIDTH = 1000
"""In a pipe no column is folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStanding:
    """How it stands with one source."""

    name: str
    kind: str
    location: str
    state: SourceState | None
    """None before it was first looked at."""
    documents: int = 0
    findings: int = 0
    unmailed: int = 0
    """Findings of a baseline, or that no subscription asks for."""
    unread: int = 0
    """Files that could not be read."""

    @property
    def word(self) -> str:
        """The state in a word or two; "empty" was read and no document of it is held."""
        if self.state is None or (self.state.succeeded is None and self.state.error is None):
            return "not read yet"
        if self.state.paused_since is not None:
            return "paused"
        if self.state.error is not None:
            return "failing"
        return "ok" if self.documents else "empty"

    def since(self) -> str:
        """Return the state, with since when where that matters."""
        if self.state is not None and self.state.paused_since is not None:
            return f"paused since {local_moment(self.state.paused_since)}"
        if self.state is not None and self.state.failing_since is not None:
            return f"failing since {local_moment(self.state.failing_since)}"
        return self.word


def source_standings(
    config: Config,
    states: Mapping[str, SourceState],
    counts: Mapping[str, tuple[int, int, int]],
    unread: Mapping[str, int],
) -> tuple[SourceStanding, ...]:
    """Return how the sources of a configuration stand, in its order, folders first.

    `counts` has the documents, findings and findings not mailed of each.
    """
    places = [(one.name, "folder", str(one.root)) for one in config.folders]
    places += [(one.name, "feed", masked(one.url)) for one in config.feeds]
    standings = []
    for name, kind, location in places:
        documents, findings, unmailed = counts.get(name, (0, 0, 0))
        standings.append(
            SourceStanding(
                name=name,
                kind=kind,
                location=location,
                state=states.get(name),
                documents=documents,
                findings=findings,
                unmailed=unmailed,
                unread=unread.get(name, 0),
            )
        )
    return tuple(standings)


def sources_table(sources: Iterable[SourceStanding]) -> Table:
    """Return it for a person."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Source", "Kind", "State", "Last read", "Next"):
        table.add_column(column)
    for column in ("Documents", "Findings", "Not mailed"):
        table.add_column(column, justify="right")
    for one in sources:
        state = one.state
        table.add_row(
            Text(clean(one.name)),
            one.kind,
            Text(one.since(), style="red" if one.word in ("failing", "paused") else ""),
            local_moment(state.succeeded) if state is not None else "",
            local_moment(state.due) if state is not None and one.kind == "feed" else "",
            str(one.documents),
            str(one.findings),
            str(one.unmailed),
        )
        if state is not None and state.error is not None:
            table.add_row("", "", Text(clean(state.error), style="red"))
        if state is not None and state.note is not None:
            table.add_row("", "", Text(clean(state.note), style="yellow"))
        if state is not None and state.url is not None:
            table.add_row("", "", Text(f"moved to {clean(masked(state.url))}", style="yellow"))
        if one.unread:
            table.add_row("", "", Text(f"{counted(one.unread, 'file')} not read", style="yellow"))
    return table


def source_as_json(source: SourceStanding) -> dict[str, object]:
    """Return it for machines."""
    state = source.state
    return {
        "name": source.name,
        "kind": source.kind,
        "location": source.location,
        "state": source.word,
        "succeeded": iso(state.succeeded) if state else None,
        "failing_since": iso(state.failing_since) if state else None,
        "paused_since": iso(state.paused_since) if state else None,
        "failures": state.failures if state else 0,
        "next": iso(state.due) if state and source.kind == "feed" else None,
        "error": state.error if state else None,
        "note": state.note if state else None,
        "moved_to": masked(state.url) if state and state.url else None,
        "documents": source.documents,
        "findings": source.findings,
        "not_mailed": source.unmailed,
        "not_read": source.unread,
    }


def plain_console() -> Console:
    """Return where tables are printed: as wide as the terminal, unfolded in a pipe."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)


def local_moment(moment: datetime | None) -> str:
    """Return a moment as the clock on the wall shows it; empty for none."""
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def iso(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 has it."""
    return None if moment is None else moment.isoformat()
