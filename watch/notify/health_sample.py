"""Health mails that show what one may hold; nothing in them happened."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from watch.core.alerts import Silence, SilenceId, SilenceKind
from watch.core.health import (
    WEEK,
    Archive,
    BusyRule,
    HealthReport,
    RuleName,
    SilenceInForce,
    SilentSource,
    Volumes,
)
from watch.core.model import Place, SourceState
from watch.core.rules.live import KeptFile
from watch.core.sending import Schedule
from watch.notify.health import HealthMail

_NOW = datetime(2026, 8, 24, 7, 0, tzinfo=UTC)
_DAY = timedelta(days=1)
_RULE = RuleName(
    id="suicide-drones", name="Suicide drones", place=Place(path="rules/korea.toml", line=24)
)
_FAILING = SourceState(
    name="Example Wire",
    location="https://example.org/feed",
    due=_NOW,
    failing_since=_NOW - 3 * _DAY,
    error="answered 503 Service Unavailable",
)
_STALE = KeptFile(
    path="rules/korea.toml",
    text="",
    since=_NOW - 9 * _DAY,
    stale_since=_NOW - _DAY,
    error="rules/korea.toml:7:1: unknown key 'nmae' (did you mean 'name'?)",
    errors=2,
)
_SILENCE = Silence(
    id=SilenceId(1),
    kind=SilenceKind.RULE,
    value="icbm",
    since=_NOW - _DAY,
    until=_NOW + 2 * _DAY,
    note="until the exercise is over",
)
_WELL = HealthReport(
    since=_NOW - WEEK,
    until=_NOW,
    week=Volumes(documents=0, findings=0, sent=0, failed=0, waiting=0),
    before=None,
    archive=Archive(documents=0, size=98_304, free=20_000_000_000),
)
_FULL = replace(
    _WELL,
    failing=(_FAILING,),
    paused=(replace(_FAILING, name="Gone Wire", paused_since=_NOW - 9 * _DAY),),
    silent=(SilentSource(name="inbox", last=_NOW - 11 * _DAY),),
    stale=(_STALE, replace(_STALE, path="rules/new.toml", text=None, errors=1)),
    idle=(_RULE,),
    busy=(
        BusyRule(rule=_RULE, day=_NOW - _DAY, documents=212, days=3),
        BusyRule(rule=_RULE, day=_NOW - _DAY, documents=31, days=1),
    ),
    unserved=("Night desk",),
    week=Volumes(documents=1_204, findings=96, sent=41, failed=1, waiting=2),
    before=Volumes(documents=1_180, findings=102, sent=38, failed=0, waiting=0),
    archive=Archive(documents=182_334, size=1_240_000_000, free=20_000_000_000),
    silences=(
        SilenceInForce(silence=_SILENCE, findings=12),
        SilenceInForce(silence=replace(_SILENCE, note=""), findings=0),
    ),
)


def _mail(report: HealthReport) -> HealthMail:
    schedule = Schedule(days=frozenset({0}), at=time(7))
    return HealthMail(to="admin@example.org", due=_NOW, report=report, schedule=schedule, zone=UTC)


HEALTH_SAMPLES = (_mail(_FULL), _mail(_WELL))
"""What mails are written from: with everything, with nothing."""
