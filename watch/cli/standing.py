"""How it stands with all that a configuration names: gathered, shown, written as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console

from watch.app import database_of
from watch.cli.source_standing import (
    SourceStanding,
    iso,
    local_moment,
    plain_console,
    source_as_json,
    source_standings,
    sources_table,
)
from watch.cli.wording import counted
from watch.config import Config
from watch.core.cleaning import clean
from watch.core.model import MessageState
from watch.core.rules.live import KeptFile
from watch.pipeline.health import PATIENCE
from watch.store.db import Store
from watch.store.findings import count_findings
from watch.store.lock import holder_of
from watch.store.outbox import OutboxState, get_outbox
from watch.store.rulesets import (
    Departure,
    RulesetState,
    get_departures,
    get_rule_files,
    get_ruleset,
)
from watch.store.silences import count_hidden, get_silences
from watch.store.sources import count_unread, get_sources
from watch.store.tellings import count_waiting

_REMEMBERED = timedelta(days=7)
"""How long it is told that a rule file was deleted."""


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
    silences: int
    """How many are in force."""
    hidden: int
    """How many findings those have hidden so far."""
    subscriptions: frozenset[str]
    outbox: OutboxState
    now: datetime

    def needs(self) -> tuple[str, ...]:
        """Return what a person should look at, in words."""
        told = [
            f"source {one.name} is {one.since()}: {one.state.error}"
            for one in self.sources
            if one.state is not None
            and one.state.failing_since is not None
            and (one.state.paused_since or self.now - one.state.failing_since > PATIENCE)
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
            told.append(f"mail waits since {local_moment(self.outbox.oldest)}")
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
        silences = await store.read(get_silences)
        hidden = await store.read(count_hidden)
        outbox = await store.read(get_outbox)
    finally:
        store.close()
    sources = source_standings(config, states, counts, unread)
    in_force = [one.id for one in silences if one.until > now]
    return Standing(
        pid=holder_of(config.state),
        sources=sources,
        rules=rules,
        stale=tuple(file for file in files if file.stale_since is not None),
        departures=departures,
        waiting=waiting,
        silences=len(in_force),
        hidden=sum(hidden.get(number, 0) for number in in_force),
        subscriptions=frozenset(one.name for one in config.subscriptions),
        outbox=outbox,
        now=now,
    )


def show(standing: Standing) -> None:
    """Print it for a person: tables in a terminal, the same unfolded in a pipe."""
    console = plain_console()
    watching = f"watching (process {standing.pid})" if standing.pid else "no daemon runs"
    console.print(f"[bold]{watching}[/]\n")
    console.print(sources_table(standing.sources))
    _show_rules(console, standing)
    counts = ", ".join(
        f"{standing.outbox.counts[state]} {state.value}"
        for state in MessageState
        if state in standing.outbox.counts
    )
    for name, number in standing.waiting.items():
        console.print(f"[bold]Waiting[/] {counted(number, 'finding')} for {clean(name)}")
    if standing.silences:
        console.print(
            f"[bold]Quiet[/]   {counted(standing.silences, 'silence')}, "
            f"{counted(standing.hidden, 'finding')} hidden: `watchlist silence list`"
        )
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
            f"in force since {local_moment(rules.loaded)}"
        )
    for file in standing.stale:
        serves = (
            "left out" if file.text is None else f"the version of {local_moment(file.since)} serves"
        )
        console.print(
            f"        stale since {local_moment(file.stale_since)}: {clean(file.path)}, {serves}, "
            f"{counted(file.errors, 'error')}",
            style="red",
            markup=False,
        )
        console.print(f"        {clean(file.error or '')}", markup=False)
    for one in standing.departures:
        console.print(
            f"        {counted(one.items, 'item')} left with {clean(one.path)} "
            f"on {local_moment(one.left)}",
            style="yellow",
            markup=False,
        )


def _until(due: datetime | None) -> str:
    return "" if due is None else f" until {local_moment(due)}"


def as_json(standing: Standing) -> dict[str, object]:
    """Return it for machines."""
    rules = standing.rules
    return {
        "pid": standing.pid,
        "sources": [source_as_json(one) for one in standing.sources],
        "rules": None
        if rules is None
        else {
            "fingerprint": rules.fingerprint,
            "loaded": iso(rules.loaded),
            "files": rules.files,
            "items": rules.items,
            "stale": [
                {
                    "file": file.path,
                    "since": iso(file.stale_since),
                    "serves": None if file.text is None else iso(file.since),
                    "errors": file.errors,
                    "error": file.error,
                }
                for file in standing.stale
            ],
            "left": [
                {"file": one.path, "items": one.items, "when": iso(one.left)}
                for one in standing.departures
            ],
        },
        "waiting": dict(standing.waiting),
        "silences": {"in_force": standing.silences, "hidden": standing.hidden},
        "outbox": {
            **{state.value: standing.outbox.counts.get(state, 0) for state in MessageState},
            "oldest": iso(standing.outbox.oldest),
            "trouble": [
                {
                    "message_id": message.message_id,
                    "to": message.recipient,
                    "state": message.state.value,
                    "due": iso(message.due),
                    "answer": message.answer,
                }
                for message in standing.outbox.trouble
            ],
        },
        "needs": list(standing.needs()),
    }
