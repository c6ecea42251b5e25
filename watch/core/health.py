"""What the operator is told of the watchlist itself: mail that went wrong, and a week of it.

Nothing here touches the database: values and what follows from them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from watch.core.alerts import Silence
from watch.core.model import MessageId, MessageState, Place, SourceState
from watch.core.rules.live import KeptFile
from watch.core.sending import Schedule, next_time

LATE = timedelta(hours=1)
"""How long mail may take, with no word to the operator."""
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
BUSY = 30
"""A rule that holds for more documents on a day is named: nobody reads so much of one thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """A message that failed, is held, or was late, of which the operator does not know yet."""

    id: MessageId
    message_id: str
    recipient: str
    subscription: str | None
    """None for a notice."""
    state: MessageState
    created: datetime
    settled: datetime | None
    """None for one that is held."""
    answer: str
    """What was said last."""
    delay: str = ""
    """Why it was not sent before, where it was sent in the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which mail could not be sent."""

    mails: int
    """Those that waited for `LATE` or longer."""
    since: datetime
    until: datetime
    why: str


def outages_of(late: Iterable[Untold]) -> tuple[Outage, ...]:
    """Return the times in which messages had to wait, those that overlap as one.

    Messages of which none was tried in vain make no outage: a rate held them up, or the daemon
    was not running.
    """
    groups: list[list[Untold]] = []
    until = None
    for one in sorted(late, key=lambda one: one.created):
        if until is None or one.created > until:
            groups.append([])
            until = one.created
        groups[-1].append(one)
        until = max(until, _end(one))
    return tuple(
        Outage(
            mails=len(group),
            since=group[0].created,
            until=max(map(_end, group)),
            why=next(one.delay for one in reversed(group) if one.delay),
        )
        for group in groups
        if any(one.delay for one in group)
    )


def _end(one: Untold) -> datetime:
    return one.settled or one.created


def last_time(schedule: Schedule, zone: tzinfo, now: datetime) -> datetime | None:
    """Return the last moment of a schedule that is not after `now`; None if there was none.

    None, too, where the last was over a week ago: a day of the week that its zone skipped.
    """
    step = schedule.every or WEEK + timedelta(days=1)
    moment = next_time(schedule, zone, now - step)
    last = None
    while moment <= now:
        last = moment
        moment = next_time(schedule, zone, moment)
    return last


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentSource:
    """A source that can be read and brings nothing new, though it did before."""

    name: str
    last: datetime
    """When it brought something last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleName:
    """A rule, and where it stands."""

    id: str
    name: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyRule:
    """A rule that held for more than `BUSY` documents on one day, or on several."""

    rule: RuleName
    day: datetime
    """Its busiest day: the first moment of it."""
    documents: int
    """For how many it held on that day."""
    days: int
    """On how many days it held for too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes:
    """How much there was in a week."""

    documents: int
    findings: int
    sent: int
    """Of the mails written in that week."""
    failed: int
    waiting: int
    """Those of them that have not ended yet, and those that are held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceInForce:
    """A silence, and how many findings it has hidden so far."""

    silence: Silence
    findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What is kept, and the room for it, in bytes."""

    documents: int
    size: int
    free: int
    """On its disk, for this user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """All that the weekly health mail is written from; each list has the gravest first."""

    since: datetime
    until: datetime
    failing: tuple[SourceState, ...] = ()
    paused: tuple[SourceState, ...] = ()
    silent: tuple[SilentSource, ...] = ()
    stale: tuple[KeptFile, ...] = ()
    idle: tuple[RuleName, ...] | None = None
    """The rules that never held in `MONTH`; None before the archive is that old."""
    busy: tuple[BusyRule, ...] = ()
    unserved: tuple[str, ...] = ()
    """The subscriptions that no mail went to."""
    week: Volumes
    before: Volumes | None
    """The week before; None when the archive is not that old."""
    silences: tuple[SilenceInForce, ...] = ()
    archive: Archive


def busy_rules(
    held: Iterable[tuple[RuleName, Collection[datetime]]], zone: tzinfo
) -> tuple[BusyRule, ...]:
    """Return the rules that held for too much on a day of a zone, the busiest first.

    `held` has of each rule one moment for each of its documents.
    """
    busy = [one for rule, moments in held if (one := _busy(rule, moments, zone))]
    return tuple(sorted(busy, key=lambda one: (-one.documents, one.rule.name, one.rule.id)))


def _busy(rule: RuleName, moments: Collection[datetime], zone: tzinfo) -> BusyRule | None:
    days: dict[datetime, int] = {}
    for moment in moments:
        local = moment.astimezone(zone)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        days[day] = days.get(day, 0) + 1
    loud = {day: count for day, count in days.items() if count > BUSY}
    if not loud:
        return None
    # Of days that are alike, the last.
    day = max(loud, key=lambda day: (loud[day], day))
    return BusyRule(rule=rule, day=day, documents=loud[day], days=len(loud))


def split_sources(
    states: Iterable[SourceState],
) -> tuple[tuple[SourceState, ...], tuple[SourceState, ...], tuple[SourceState, ...]]:
    """Return which of the sources fail, which are paused, and which are well.

    Those that fail or are paused for longest come first.
    """
    ordered = sorted(states, key=lambda state: (_trouble_since(state), state.name))
    paused = [state for state in ordered if state.paused_since is not None]
    unpaused = [state for state in ordered if state.paused_since is None]
    return (
        tuple(state for state in unpaused if state.failing_since is not None),
        tuple(paused),
        tuple(state for state in unpaused if state.failing_since is None),
    )


def _trouble_since(state: SourceState) -> datetime:
    return state.paused_since or state.failing_since or state.due
