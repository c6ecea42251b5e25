"""How it stands with all that a configuration names: gathered, shown, written as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from watch.app import database_of
from watch.cli.wording import counted
from watch.config import Config
from watch.core.cleaning import clean
from watch.core.model import MessageState, SourceState
from watch.core.rules.live import KeptFile
from watch.store.db import Store
from watch.store.findings import count_findings, count_waiting
from watch.store.lock import holder_of
from watch.store.outbox import OutboxState, get_outbox
from watch.store.rulesets import (
    Departure,
    RulesetState,
    get_departures,
    get_rule_files,
    get_ruleset,
)
from watch.store.sources import count_unread, get_sources

_PIPE_WIDTH = 1000
"""In a pipe no column is folded."""
PATIENCE = timedelta(days=1)
"""How long a source may fail, or a mail wait, before a person is asked to look."""
_REMEMBERED = timedelta(days=7)
"""How long it is told that a rule file was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStanding:
    """How it stands with one source."""

    name: str
    kind: str
    location: str
    state: SourceState | None
    """None before it was first looked at."""
    documents: int
    findings: int
    unmailed: int
    """Findings of a baseline, or that no subscription asks for."""
    unread: int
    """Files that could not be read."""

    @property
    def word(self) -> str:
        """The state in a word or two."""
        if self.state is None or (self.state.succeeded is None and self.state.error is None):
            return "not read yet"
        return "ok" if self.state.error is None else "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How it stands with all that a configuration names."""

    pid: int | None
    """The process that watches now."""
    sources: tuple[SourceStanding, ...]
    rules: RulesetState | None
    stale: tuple[KeptFile, ...]
    """The rule files that are not in force as they lie on disk."""
    departures: tuple[Departure, ...]
    """The rule files that were deleted lately."""
    waiting: Mapping[str, int]
    """How many findings wait for each subscription."""
    subscriptions: frozenset[str]
    outbox: OutboxState
    now: datetime

    def needs(self) -> tuple[str, ...]:
        """Return what a person should look at, in words."""
        told = [
            f"source {one.name} fails since {_moment(one.state.failing_since)}: {one.state.error}"
            for one in self.sources
            if one.state is not None
            and one.state.failing_since is not None
            and self.now - one.state.failing_since > PATIENCE
        ]
        told.extend(
            f"{file.path} is not in force as it lies there: `watchlist check` says why"
            for file in self.stale
        )
        told.extend(
            f'{counted(number, "finding")} for "{name}", a subscription that is no more'
            for name, number in self.waiting.items()
            if name not in self.subscriptions
        )
        told.extend(
            f"{counted(self.outbox.counts[state], 'mail')} {state.value}"
            for state in (MessageState.FAILED, MessageState.HELD)
            if state in self.outbox.counts
        )
        if self.outbox.oldest is not None and self.now - self.outbox.oldest > PATIENCE:
            told.append(f"mail waits since {_moment(self.outbox.oldest)}")
        return tuple(told)


async def get_standing(config: Config) -> Standing:
    """Return how it stands, read beside whatever process is at work."""
    now = datetime.now(UTC)
    store = Store.open_to_read(database_of(config))
    try:
        states = await store.read(get_sources)
        counts = await store.read(count_findings)
        unread = await store.read(count_unread)
        rules = await store.read(get_ruleset)
        files = await store.read(get_rule_files)
        departures = await store.read(get_departures, now - _REMEMBERED)
        waiting = await store.read(count_waiting)
        outbox = await store.read(get_outbox)
    finally:
        store.close()
    places = [(one.name, "folder", str(one.root)) for one in config.folders]
    places += [(one.name, "feed", one.url) for one in config.feeds]
    sources = []
    for name, kind, location in places:
        documents, findings, unmailed = counts.get(name, (0, 0, 0))
        sources.append(
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
    return Standing(
        pid=holder_of(config.state),
        sources=tuple(sources),
        rules=rules,
        stale=tuple(file for file in files if file.stale_since is not None),
        departures=departures,
        waiting=waiting,
        subscriptions=frozenset(one.name for one in config.subscriptions),
        outbox=outbox,
        now=now,
    )


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def show(standing: Standing) -> None:
    """Print it for a person: tables in a terminal, the same unfolded in a pipe."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPE_WIDTH)
    watching = f"watching (process {standing.pid})" if standing.pid else "no daemon runs"
    console.print(f"[bold]{watching}[/]\n")
    console.print(_sources_table(standing))
    _show_rules(console, standing)
    counts = ", ".join(
        f"{standing.outbox.counts[state]} {state.value}"
        for state in MessageState
        if state in standing.outbox.counts
    )
    for name, number in standing.waiting.items():
        console.print(f"[bold]Waiting[/] {counted(number, 'finding')} for {clean(name)}")
    console.print(f"[bold]Outbox[/]  {counts or 'empty'}")
    for message in standing.outbox.trouble:
        console.print(
            f"        to {clean(message.recipient)}, {message.state.value}"
            f"{_until(message.due)}: {clean(message.answer)}",
            markup=False,
        )
    for need in standing.needs():
        console.print(f"[bold red]![/] {clean(need)}")


def _show_rules(console: Console, standing: Standing) -> None:
    rules = standing.rules
    if rules is not None:
        console.print(
            f"\n[bold]Rules[/]   {counted(rules.items, 'item')} in {counted(rules.files, 'file')}, "
            f"in force since {_moment(rules.loaded)}"
        )
    for file in standing.stale:
        serves = "left out" if file.text is None else f"the version of {_moment(file.since)} serves"
        console.print(
            f"        stale since {_moment(file.stale_since)}: {clean(file.path)}, {serves}, "
            f"{counted(file.errors, 'error')}",
            style="red",
            markup=False,
        )
        console.print(f"        {clean(file.error or '')}", markup=False)
    for one in standing.departures:
        console.print(
            f"        {counted(one.items, 'item')} left with {clean(one.path)} "
            f"on {_moment(one.left)}",
            style="yellow",
            markup=False,
        )


def _until(due: datetime | None) -> str:
    return "" if due is None else f" until {_moment(due)}"


def _sources_table(standing: Standing) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Source", "Kind", "State", "Last read", "Next"):
        table.add_column(column)
    for column in ("Documents", "Findings", "Not mailed"):
        table.add_column(column, justify="right")
    for one in standing.sources:
        state = one.state
        table.add_row(
            clean(one.name),
            one.kind,
            f"[red]{one.word}[/]" if one.word == "failing" else one.word,
            _moment(state.succeeded) if state is not None else "",
            _moment(state.due) if state is not None and one.kind == "feed" else "",
            str(one.documents),
            str(one.findings),
            str(one.unmailed),
        )
        if state is not None and state.error is not None:
            table.add_row("", "", f"[red]{clean(state.error)}[/]")
        if one.unread:
            table.add_row("", "", f"[yellow]{counted(one.unread, 'file')} not read[/]")
    return table


def as_json(standing: Standing) -> dict[str, object]:
    """Return it for machines."""
    rules = standing.rules
    return {
        "pid": standing.pid,
        "sources": [_source_as_json(one) for one in standing.sources],
        "rules": None
        if rules is None
        else {
            "fingerprint": rules.fingerprint,
            "loaded": _iso(rules.loaded),
            "files": rules.files,
            "items": rules.items,
            "stale": [
                {
                    "file": file.path,
                    "since": _iso(file.stale_since),
                    "serves": None if file.text is None else _iso(file.since),
                    "errors": file.errors,
                    "error": file.error,
                }
                for file in standing.stale
            ],
            "left": [
                {"file": one.path, "items": one.items, "when": _iso(one.left)}
                for one in standing.departures
            ],
        },
        "waiting": dict(standing.waiting),
        "outbox": {
            **{state.value: standing.outbox.counts.get(state, 0) for state in MessageState},
            "oldest": _iso(standing.outbox.oldest),
            "trouble": [
                {
                    "message_id": message.message_id,
                    "to": message.recipient,
                    "state": message.state.value,
                    "due": _iso(message.due),
                    "answer": message.answer,
                }
                for message in standing.outbox.trouble
            ],
        },
        "needs": list(standing.needs()),
    }


def _source_as_json(source: SourceStanding) -> dict[str, object]:
    state = source.state
    return {
        "name": source.name,
        "kind": source.kind,
        "location": source.location,
        "state": source.word,
        "succeeded": _iso(state.succeeded) if state else None,
        "failing_since": _iso(state.failing_since) if state else None,
        "failures": state.failures if state else 0,
        "due": _iso(state.due) if state else None,
        "error": state.error if state else None,
        "documents": source.documents,
        "findings": source.findings,
        "not_mailed": source.unmailed,
        "not_read": source.unread,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
