"""How it stands with all that a configuration names: gathered, shown, written as JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape

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
from watch.core.vitals import Pulse
from watch.notify.pulse import load_pulse
from watch.pipeline.health import PATIENCE
from watch.store.db import Store
from watch.store.findings import count_findings
from watch.store.health import count_since
from watch.store.holdings import Holdings, get_holdings
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
_PULSE_IS_LATE = timedelta(minutes=3)
"""It is written four times a minute; a large set of rules may hold it up for half a minute."""
_PINGS_MISSED = 3
_LITTLE_ROOM = 200_000_000
"""Where less of the disk is free, in bytes, somebody should make room before it is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How it stands with all that a configuration names."""

    pid: int | None
    """The process that watches now."""
    pulse: Pulse | None
    """What that process says of itself; None where none runs, or it has said nothing yet."""
    pinged_every: timedelta | None
    """How often it is to tell a monitor that all is well; None for never."""
    today: tuple[int, int]
    """How many documents came since midnight, and how many findings they brought."""
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
    holdings: Holdings
    now: datetime

    def needs(self) -> tuple[str, ...]:
        """Return what a person should look at and what to do, in words; the gravest first."""
        return (
            *self._needs_of_the_daemon(),
            *self._needs_of_mail(),
            *(
                f"source {one.name} is {one.since()}: {one.state.error}; "
                f"`watchlist sources test` reads it once, now"
                for one in self.sources
                if one.state is not None
                and one.state.failing_since is not None
                and (one.state.paused_since or self.now - one.state.failing_since > PATIENCE)
            ),
            *(
                f"{file.path} is not in force as it lies there: `watchlist check` says why"
                for file in self.stale
            ),
            *(
                f'{counted(number, "finding")} for "{name}", a subscription that is no more; '
                "one of that name would get them"
                for name, number in self.waiting.items()
                if name not in self.subscriptions
            ),
        )

    def _needs_of_the_daemon(self) -> Iterator[str]:
        if self.holdings.free < _LITTLE_ROOM:
            free = decimal(self.holdings.free)
            yield f"only {free} are free on the disk of the database: make room"
        pulse = self.pulse
        if pulse is None:
            return
        if self.now - pulse.beaten > _PULSE_IS_LATE:
            since = local_moment(pulse.beaten)
            yield f"process {pulse.pid} does nothing since {since}: restart it, its log says more"
            return
        if pulse.refused is not None:
            yield f"no mail goes out: {pulse.refused}; mend it, and have the daemon reload (SIGHUP)"
        yield from (f"{trouble}; the log says why" for trouble in pulse.troubles)
        if self.pinged_every is not None:
            told = pulse.pinged or pulse.started
            if self.now - told > _PINGS_MISSED * self.pinged_every:
                since = local_moment(told)
                yield f"no monitor was told since {since} that all is well: {pulse.unpinged or '-'}"

    def _needs_of_mail(self) -> Iterator[str]:
        for state in (MessageState.FAILED, MessageState.HELD):
            if state in self.outbox.counts:
                mails = counted(self.outbox.counts[state], "mail")
                yield f"{mails} {state.value}: `watchlist outbox list --state {state.value}`"
        if self.outbox.oldest is not None and self.now - self.outbox.oldest > PATIENCE:
            yield f"mail waits since {local_moment(self.outbox.oldest)}: {self.outbox.why or '-'}"


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
        holdings = await store.read(get_holdings)
        today = await store.read(count_since, _midnight(now))
    finally:
        store.close()
    sources = source_standings(config, states, counts, unread)
    pid = holder_of(config.state)
    in_force = [one.id for one in silences if one.until > now]
    return Standing(
        pid=pid,
        pulse=_pulse_of(pid, config),
        pinged_every=None if config.monitoring.ping is None else config.monitoring.ping.every,
        today=today,
        sources=sources,
        rules=rules,
        stale=tuple(file for file in files if file.stale_since is not None),
        departures=departures,
        waiting=waiting,
        silences=len(in_force),
        hidden=sum(hidden.get(number, 0) for number in in_force),
        subscriptions=frozenset(one.name for one in config.subscriptions),
        outbox=outbox,
        holdings=holdings,
        now=now,
    )


def _midnight(now: datetime) -> datetime:
    """Return when today began, on the clock on the wall."""
    local = now.astimezone()
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _pulse_of(pid: int | None, config: Config) -> Pulse | None:
    """Return what a process says of itself; what another one has left says nothing."""
    path = config.monitoring.pulse_file
    pulse = None if path is None else load_pulse(path)
    return pulse if pulse is not None and pulse.pid == pid else None


def show(standing: Standing) -> None:
    """Print it for a person: tables in a terminal, the same unfolded in a pipe.

    What needs somebody comes first.
    """
    console = plain_console()
    for need in standing.needs():
        console.print(f"[bold red]![/] {escape(clean(need))}")
    console.print(f"[bold]{_watching(standing)}[/]")
    documents, findings = standing.today
    console.print(
        f"[bold]Today[/]   {counted(documents, 'document')}, {counted(findings, 'finding')}\n"
    )
    console.print(sources_table(standing.sources))
    _show_rules(console, standing)
    for name, number in standing.waiting.items():
        console.print(f"[bold]Waiting[/] {counted(number, 'finding')} for {escape(clean(name))}")
    if standing.silences:
        console.print(
            f"[bold]Quiet[/]   {counted(standing.silences, 'silence')}, "
            f"{counted(standing.hidden, 'finding')} hidden: `watchlist silence list`"
        )
    _show_outbox(console, standing)
    if standing.pinged_every is not None and standing.pulse is not None:
        told = local_moment(standing.pulse.pinged) or "never"
        why = f"; not since: {standing.pulse.unpinged}" if standing.pulse.unpinged else ""
        console.print(f"[bold]Monitor[/] last told {told}{escape(clean(why))}")
    console.print(f"[bold]Archive[/] {_held(standing.holdings)}")


def _watching(standing: Standing) -> str:
    if standing.pid is None:
        return "no daemon runs"
    pulse = standing.pulse
    if pulse is None:
        return f"watching (process {standing.pid})"
    since = local_moment(pulse.started)
    return f"watching since {since} (process {standing.pid}, version {pulse.version})"


def _show_outbox(console: Console, standing: Standing) -> None:
    outbox = standing.outbox
    counts = ", ".join(
        f"{outbox.counts[state]} {state.value}" for state in MessageState if state in outbox.counts
    )
    console.print(f"[bold]Outbox[/]  {counts or 'empty'}")
    if outbox.oldest is not None:
        why = f": {clean(outbox.why)}" if outbox.why else ""
        console.print(
            f"        the oldest is from {local_moment(outbox.oldest)}{why}", markup=False
        )
    closed_until = standing.pulse.closed_until if standing.pulse else None
    if closed_until is not None:
        console.print(f"        no mail goes out until {local_moment(closed_until)}", style="red")
    for message in outbox.trouble:
        console.print(
            f"        to {clean(message.recipient)}, {message.state.value}"
            f"{_until(message.due)}: {clean(message.answer)}",
            markup=False,
        )


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


def _held(holdings: Holdings) -> str:
    since = "" if holdings.since is None else f" since {holdings.since.astimezone():%Y-%m-%d}"
    let_go = f", {holdings.let_go:,} older let go" if holdings.let_go else ""
    held = f"{counted(holdings.documents, 'document')}{since}"
    return f"{held}{let_go}; {decimal(holdings.size)}, {decimal(holdings.free)} free"


def _until(due: datetime | None) -> str:
    return "" if due is None else f" until {local_moment(due)}"


def as_json(standing: Standing) -> dict[str, object]:
    """Return it for machines."""
    return {
        "pid": standing.pid,
        **_pulse_as_json(standing),
        "today": dict(zip(("documents", "findings"), standing.today, strict=True)),
        "sources": [source_as_json(one) for one in standing.sources],
        "rules": _rules_as_json(standing),
        "waiting": dict(standing.waiting),
        "silences": {"in_force": standing.silences, "hidden": standing.hidden},
        "outbox": _outbox_as_json(standing),
        "archive": {
            "documents": standing.holdings.documents,
            "since": iso(standing.holdings.since),
            "let_go": standing.holdings.let_go,
            "bytes": standing.holdings.size,
            "free": standing.holdings.free,
        },
        "needs": list(standing.needs()),
    }


def _rules_as_json(standing: Standing) -> dict[str, object] | None:
    rules = standing.rules
    if rules is None:
        return None
    return {
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
    }


def _outbox_as_json(standing: Standing) -> dict[str, object]:
    outbox = standing.outbox
    return {
        **{state.value: outbox.counts.get(state, 0) for state in MessageState},
        "oldest": iso(outbox.oldest),
        "why": outbox.why,
        "trouble": [
            {
                "message_id": message.message_id,
                "to": message.recipient,
                "state": message.state.value,
                "due": iso(message.due),
                "answer": message.answer,
            }
            for message in outbox.trouble
        ],
    }


def _pulse_as_json(standing: Standing) -> dict[str, object]:
    pulse = standing.pulse
    return {
        "version": pulse.version if pulse else None,
        "since": iso(pulse.started) if pulse else None,
        "beaten": iso(pulse.beaten) if pulse else None,
        "closed_until": iso(pulse.closed_until) if pulse else None,
        "refused": pulse.refused if pulse else None,
        "pinged": iso(pulse.pinged) if pulse else None,
        "unpinged": pulse.unpinged if pulse else None,
    }
