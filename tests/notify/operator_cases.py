"""What the operator is told in tests, one for each golden mail."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from watch.core.alerts import Silence, SilenceId, SilenceKind
from watch.core.health import (
    WEEK,
    Archive,
    BusyRule,
    HealthReport,
    Outage,
    RuleName,
    SilenceInForce,
    SilentSource,
    Untold,
    Volumes,
)
from watch.core.model import MessageId, MessageState, Place, SourceState
from watch.core.rules.live import KeptFile
from watch.core.sending import Schedule
from watch.notify.delivery_notice import deliveries_notice
from watch.notify.health import HealthMail
from watch.notify.render import MailSettings, Rendered, Renderer

ADMIN = "admin@example.org"
NOW = datetime(2026, 8, 23, 22, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEOUL = ZoneInfo("Asia/Seoul")
SETTINGS = MailSettings(sender="Watchlist <alerts@example.org>", reply_to="it@example.org")
EVIL = 'evil"><img src=https://evil.example/x.png>\r\nBcc: evil@example.com\u202e'


def untold(number: int = 1, state: MessageState = MessageState.FAILED, **rest: object) -> Untold:
    values: dict[str, object] = {
        "id": MessageId(number),
        "message_id": f"<wl.{number}@example.org>",
        "recipient": f"reader{number}@example.org",
        "subscription": "Korea desk",
        "state": state,
        "created": NOW - 2 * DAY,
        "settled": NOW if state is MessageState.FAILED else None,
        "answer": "the mail server mx.example.org:25 says: 550 5.1.1 no such user here",
    }
    return Untold(**(values | rest))  # type: ignore[arg-type]


def failing(name: str = "harbour-wire", **rest: object) -> SourceState:
    values: dict[str, object] = {
        "name": name,
        "location": "https://user:secret@wire.example.org/feed?token=secret",
        "due": NOW,
        "failing_since": NOW - 3 * DAY,
        "error": "answered 503 Service Unavailable",
    }
    return SourceState(**(values | rest))  # type: ignore[arg-type]


def rule(name: str = "Suicide drones", line: int = 24) -> RuleName:
    place = Place(path="rules/korea.toml", line=line)
    return RuleName(id=name.casefold().replace(" ", "-"), name=name, place=place)


def silence(value: str = "icbm", note: str = "until the exercise is over") -> Silence:
    return Silence(
        id=SilenceId(1),
        kind=SilenceKind.RULE,
        value=value,
        since=NOW - DAY,
        until=NOW + 2 * DAY,
        note=note,
    )


STALE = KeptFile(
    path="rules/korea.toml",
    text="",
    since=NOW - 9 * DAY,
    stale_since=NOW - DAY,
    error="rules/korea.toml:7:1: unknown key 'nmae' (did you mean 'name'?)",
    errors=3,
)
NEW = replace(
    STALE,
    path="rules/new.toml",
    text=None,
    error="rules/new.toml:1:1: not TOML: expected a key",
    errors=1,
)
WELL = HealthReport(
    since=NOW - WEEK,
    until=NOW,
    week=Volumes(documents=1_204, findings=96, sent=41, failed=0, waiting=0),
    before=None,
    archive=Archive(documents=1_204, size=31_200_000, free=212_000_000_000),
)
ILL = replace(
    WELL,
    failing=(failing("南方通讯社", failing_since=NOW - 5 * DAY), failing()),
    paused=(failing("old-wire", paused_since=NOW - 20 * DAY, error="answered 410 Gone"),),
    silent=(SilentSource(name="وكالة المثال", last=NOW - 12 * DAY),),
    stale=(STALE, NEW),
    idle=(rule("ICBM", 3), rule("Дроны-камикадзе", 40)),
    busy=(
        BusyRule(rule=rule(), day=datetime(2026, 8, 20, tzinfo=SEOUL), documents=212, days=3),
        BusyRule(rule=rule("Moscow", 51), day=NOW.astimezone(SEOUL), documents=31, days=1),
    ),
    unserved=("Night desk",),
    week=Volumes(documents=1_204, findings=96, sent=41, failed=1, waiting=2),
    before=Volumes(documents=11_180, findings=102, sent=38, failed=0, waiting=0),
    silences=(
        SilenceInForce(silence=silence(), findings=12),
        SilenceInForce(silence=silence("moscow", ""), findings=0),
    ),
    archive=Archive(documents=182_334, size=1_240_000_000, free=212_000_000_000),
)
HOSTILE = replace(
    ILL,
    failing=(failing(EVIL, error=EVIL),),
    paused=(failing(EVIL, paused_since=NOW, error=None),),
    silent=(SilentSource(name=EVIL, last=NOW),),
    stale=(replace(STALE, path=EVIL, error=EVIL),),
    idle=(replace(rule(), name=EVIL, id=EVIL),),
    busy=(BusyRule(rule=replace(rule(), name=EVIL), day=NOW, documents=31, days=2),),
    unserved=(EVIL,),
    silences=(SilenceInForce(silence=silence(EVIL, EVIL), findings=1),),
)


def health(report: HealthReport) -> HealthMail:
    schedule = Schedule(days=frozenset({0}), at=time(7))
    return HealthMail(to=ADMIN, due=NOW, report=report, schedule=schedule, zone=SEOUL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Mail that went wrong."""

    lost: tuple[Untold, ...] = ()
    outages: tuple[Outage, ...] = ()


OUTAGE = Outage(
    mails=240,
    since=NOW - 5 * HOUR,
    until=NOW - HOUR,
    why="the mail server mx.example.org:25 says: 421 4.3.2 busy, try again later",
)
HELD = untold(3, MessageState.HELD, recipient="night@example.org", subscription="Night desk")
CASES: dict[str, HealthMail | Wrong] = {
    "one-failed": Wrong(lost=(untold(),)),
    "held": Wrong(lost=(HELD,)),
    "outage": Wrong(outages=(OUTAGE,)),
    "all-that-goes-wrong": Wrong(
        lost=(
            untold(),
            untold(2, subscription=None, answer="given up after 5 days: connection refused"),
            HELD,
        ),
        outages=(OUTAGE, replace(OUTAGE, mails=1, since=NOW - 30 * HOUR, until=NOW - 28 * HOUR)),
    ),
    "hostile-failures": Wrong(
        lost=(untold(recipient=EVIL, subscription=EVIL, answer=EVIL, message_id=EVIL),),
        outages=(replace(OUTAGE, why=EVIL),),
    ),
    "health": health(ILL),
    "health-all-well": health(WELL),
    "health-hostile": health(HOSTILE),
}
"""One for each golden mail, by the name of its file."""


def rendered(one: HealthMail | Wrong, settings: MailSettings = SETTINGS) -> Rendered:
    """Return the mail that comes of it."""
    renderer = Renderer(settings)
    if isinstance(one, HealthMail):
        return renderer.render_health(one, now=NOW)
    notice = deliveries_notice(ADMIN, lost=one.lost, outages=one.outages)
    return renderer.render_notice(notice, now=NOW)
