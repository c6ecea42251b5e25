"""What the weekly health mail says, as plain values.

Every string is clean, and none is longer than fits: templates only arrange and escape.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Generic, TypedDict, TypeVar

from watch.core.health import (
    Archive,
    BusyRule,
    HealthReport,
    RuleName,
    SilenceInForce,
    SilentSource,
    Volumes,
)
from watch.core.model import SourceState
from watch.core.rules.live import KeptFile
from watch.core.sending import Schedule
from watch.notify.document import LINE, line_of, moment
from watch.notify.setting import counted

MOST = 20
"""How many there are in each list at the most; of the rest there is a number."""
_WHY = 200
"""The most characters of a reason."""
_IN_SUBJECT = 3
"""How many of the things that need a person stand in the subject."""

T = TypeVar("T")
R = TypeVar("R")


class Listed(TypedDict, Generic[T]):
    """The first of a list, and how many there are besides."""

    shown: tuple[T, ...]
    more: int


class SourceContents(TypedDict):
    """A source that fails or is paused."""

    name: str
    since: str
    why: str


class SilentContents(TypedDict):
    """A source that brings nothing new."""

    name: str
    last: str
    """When it brought something last."""


class StaleContents(TypedDict):
    """A rule file that is not in force as it lies on disk."""

    path: str
    since: str
    in_force: str
    """When the version in force was taken up; empty when there is none: the file is left out."""
    why: str
    more: int
    """How many errors it has besides."""


class RuleNameContents(TypedDict):
    """A rule, and where it stands."""

    id: str
    name: str
    place: str


class BusyContents(RuleNameContents):
    """A rule that held for more documents on a day than anybody reads."""

    documents: int
    """On its busiest day."""
    day: str
    days: int
    """On how many days it held for too many."""


class SilencedContents(TypedDict):
    """A silence in force."""

    kind: str
    """`rule`, `item`, `source` or `story`."""
    value: str
    until: str
    note: str
    findings: int
    """How many it has hidden so far."""


class VolumeContents(TypedDict):
    """A number of the week beside that of the week before."""

    kind: str
    """`documents`, `findings`, `sent`, `failed` or `waiting`."""
    week: str
    before: str
    """Empty when the archive is not that old."""


class HealthContents(TypedDict):
    """A week of the watchlist."""

    subject: str
    lead: str
    """What needs a person, as a sentence; that nothing does."""
    since: str
    until: str
    timezone: str
    schedule: str
    """When this mail comes, as it is written in the configuration."""
    failing: Listed[SourceContents]
    stale: Listed[StaleContents]
    paused: Listed[SourceContents]
    silent: Listed[SilentContents]
    busy: Listed[BusyContents]
    idle: Listed[RuleNameContents]
    """Empty too as long as the archive is too young to tell."""
    unserved: Listed[str]
    silences: Listed[SilencedContents]
    volumes: tuple[VolumeContents, ...]
    documents: int
    """In the whole archive."""
    size: str
    free: str
    """Of the disk that the archive lies on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthMail:
    """A health mail that fell due."""

    to: str
    due: datetime
    """What names it: for each such moment there is one mail."""
    report: HealthReport
    schedule: Schedule
    zone: tzinfo


def health_contents(mail: HealthMail) -> HealthContents:
    """Return what a mail says of a week."""
    report, zone = mail.report, mail.zone
    local = report.until.astimezone(zone)
    needs = _needs(report) or ["nothing needs you"]
    lead = ", ".join(needs)
    return {
        "subject": f"Watchlist health, {local.day} {local:%b}: {', '.join(needs[:_IN_SUBJECT])}",
        "lead": f"{lead[:1].upper()}{lead[1:]}.",
        "since": moment(report.since, zone),
        "until": moment(report.until, zone),
        "timezone": str(zone),
        "schedule": str(mail.schedule),
        "failing": _listed(report.failing, lambda one: _failing(one, zone)),
        "stale": _listed(report.stale, lambda one: _stale(one, zone)),
        "paused": _listed(report.paused, lambda one: _paused(one, zone)),
        "silent": _listed(report.silent, lambda one: _silent(one, zone)),
        "busy": _listed(report.busy, _busy),
        "idle": _listed(report.idle or (), _rule),
        "unserved": _listed(report.unserved, line_of),
        "silences": _listed(report.silences, lambda one: _silenced(one, zone)),
        "volumes": _volumes(report.week, report.before),
        **_archive(report.archive),
    }


def shortened_health(contents: HealthContents, most: int) -> HealthContents:
    """Return the same with shorter lists; what goes is counted."""
    return {
        **contents,
        "failing": _cut(contents["failing"], most),
        "stale": _cut(contents["stale"], most),
        "paused": _cut(contents["paused"], most),
        "silent": _cut(contents["silent"], most),
        "busy": _cut(contents["busy"], most),
        "idle": _cut(contents["idle"], most),
        "unserved": _cut(contents["unserved"], most),
        "silences": _cut(contents["silences"], most),
    }


def _listed(every: Sequence[T], told: Callable[[T], R]) -> Listed[R]:
    return {"shown": tuple(map(told, every[:MOST])), "more": len(every[MOST:])}


def _cut(listed: Listed[T], most: int) -> Listed[T]:
    shown = listed["shown"]
    return {"shown": shown[:most], "more": listed["more"] + len(shown[most:])}


def _needs(report: HealthReport) -> Sequence[str]:
    """Return what needs a person, the gravest first."""
    counts = (
        (len(report.failing) + len(report.paused), "source", "cannot be read", "cannot be read"),
        (len(report.stale), "rule file", "does not load", "do not load"),
        (report.week.failed, "mail", "failed", "failed"),
        (len(report.silent), "source", "was silent", "were silent"),
        (len(report.busy), "rule", "holds too often", "hold too often"),
    )
    return [
        f"{counted(number, what)} {one if number == 1 else several}"
        for number, what, one, several in counts
        if number
    ]


def _failing(state: SourceState, zone: tzinfo) -> SourceContents:
    return _source(state, state.failing_since, zone)


def _paused(state: SourceState, zone: tzinfo) -> SourceContents:
    return _source(state, state.paused_since, zone)


def _source(state: SourceState, since: datetime | None, zone: tzinfo) -> SourceContents:
    return {
        "name": line_of(state.name),
        "since": "" if since is None else moment(since, zone),
        "why": line_of(state.error or "", _WHY),
    }


def _silent(source: SilentSource, zone: tzinfo) -> SilentContents:
    return {"name": line_of(source.name), "last": moment(source.last, zone)}


def _stale(file: KeptFile, zone: tzinfo) -> StaleContents:
    return {
        "path": line_of(file.path),
        "since": "" if file.stale_since is None else moment(file.stale_since, zone),
        "in_force": "" if file.text is None else moment(file.since, zone),
        "why": line_of(file.error or "", _WHY),
        "more": max(0, file.errors - 1),
    }


def _rule(rule: RuleName) -> RuleNameContents:
    return {
        "id": line_of(rule.id),
        "name": line_of(rule.name),
        "place": line_of(str(rule.place)),
    }


def _busy(busy: BusyRule) -> BusyContents:
    return {
        **_rule(busy.rule),
        "documents": busy.documents,
        "day": f"{busy.day.day} {busy.day:%b}",
        "days": busy.days,
    }


def _silenced(one: SilenceInForce, zone: tzinfo) -> SilencedContents:
    silence = one.silence
    return {
        "kind": silence.kind.value,
        "value": line_of(silence.value),
        "until": moment(silence.until, zone),
        "note": line_of(silence.note, LINE),
        "findings": one.findings,
    }


def _volumes(week: Volumes, before: Volumes | None) -> tuple[VolumeContents, ...]:
    def row(kind: str, number: Callable[[Volumes], int]) -> VolumeContents:
        earlier = "" if before is None else f"{number(before):,}"
        return {"kind": kind, "week": f"{number(week):,}", "before": earlier}

    return (
        row("documents", lambda one: one.documents),
        row("findings", lambda one: one.findings),
        row("sent", lambda one: one.sent),
        row("failed", lambda one: one.failed),
        row("waiting", lambda one: one.waiting),
    )


class _ArchiveContents(TypedDict):
    documents: int
    size: str
    free: str


def _archive(archive: Archive) -> _ArchiveContents:
    return {
        "documents": archive.documents,
        "size": _bytes(archive.size),
        "free": _bytes(archive.free),
    }


def _bytes(size: int) -> str:
    """Return a size as `512 kB` or `1.2 GB`, in powers of a thousand."""
    amount, unit = size / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if amount < 1000:  # noqa: PLR2004 (the next unit)
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:,.0f} {unit}"  # noqa: PLR2004 (one digit tells little)
