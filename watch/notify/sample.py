"""An alert that shows what an alert may hold; nothing in it happened."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from watch.core.alerts import (
    Alert,
    FoldedStory,
    Hidden,
    Occasion,
    Reason,
    Report,
    Silence,
    SilenceId,
    SilenceKind,
    StoryId,
    Told,
    ToldStory,
    Trend,
)
from watch.core.model import (
    Document,
    Field,
    Finding,
    FindingId,
    Mention,
    Place,
    Severity,
    Subscription,
)
from watch.core.sending import Schedule

_SEEN = datetime(2026, 8, 26, 0, 14, tzinfo=UTC)

_DRONES = Document(
    source="Example Wire",
    key="https://example.org/news/1",
    title="South Korea says North readies more suicide drones",
    text=(
        "SEOUL - The North appears to be readying more suicide drones for deployment, the South's "
        "military said on Wednesday.\n\nOfficials saw signs that further loitering munitions are "
        "being built, and declined to say where they would be sent."
    ),
    url="https://example.org/news/1",
    published=datetime(2026, 8, 26, 0, 12, tzinfo=UTC),
    seen=_SEEN,
    languages=("en",),
)

_KOREAN = Document(
    source="inbox",
    key="2026/08/자폭 드론.txt",
    title="북한, 자폭 드론 추가 생산",
    text="",
    seen=_SEEN,
)

_REPRINT = replace(
    _DRONES,
    source="inbox",
    key="reprint.txt",
    url="https://example.com/reprint",
    title="More drones",
)


def _mention(document: Document, field: Field, words: str, term: str) -> Mention:
    start = document.field_text(field).index(words)
    return Mention(
        item="suicide-drones", field=field, start=start, end=start + len(words), term=term
    )


def _finding(*mentions: Mention) -> Finding:
    return Finding(
        rule="suicide-drones",
        name="Suicide drones",
        severity=Severity.HIGH,
        tags=("uav",),
        place=Place(path="rules/korea.toml", line=24),
        note="Loitering munitions of any make.",
        mentions=mentions,
    )


_PLAIN = Finding(
    rule="wire",
    name="All of the wire",
    severity=Severity.NORMAL,
    tags=(),
    place=Place(path="rules/korea.toml", line=40),
    mentions=(),
)

_TOLD = (
    Told(
        document=_DRONES,
        findings=(
            _finding(
                _mention(_DRONES, Field.TITLE, "suicide drones", "suicide drone"),
                _mention(_DRONES, Field.TEXT, "suicide drones", "suicide drone"),
                _mention(_DRONES, Field.TEXT, "loitering munitions", "loitering munition"),
            ),
            _PLAIN,
        ),
    ),
    Told(
        document=_KOREAN,
        findings=(_finding(_mention(_KOREAN, Field.TITLE, "자폭 드론", "자폭 드론")),),
    ),
)

_MANY = 30
"""More of anything than a mail tells one by one."""

_OTHERWISE = tuple(
    Told(document=_DRONES, findings=(_PLAIN._replace(rule=f"wire-{number}"),))
    for number in range(_MANY)
)
"""A story by so many documents, a rule of its own holding for each."""

SAMPLE_NOW = _SEEN + timedelta(minutes=1)
"""When the samples are told."""

SAMPLE_SUBSCRIPTION = Subscription(
    name="Example desk",
    to=("desk@example.org",),
    schedule=Schedule(at=time(7)),
)
"""Whom the samples are for."""

_SILENCE = Silence(
    id=SilenceId(1),
    kind=SilenceKind.RULE,
    value="icbm",
    since=_SEEN - timedelta(days=1),
    until=_SEEN + timedelta(days=2),
    note="until the exercise is over",
)


def _story(number: int, reason: Reason, *told: Told) -> ToldStory:
    return ToldStory(
        number=StoryId(number),
        key=str(number),
        reason=reason,
        told=told,
        told_first=None if reason is Reason.NEW else _SEEN - timedelta(days=1),
    )


def _report(occasion: Occasion, *stories: ToldStory, **others: Any) -> Report:  # noqa: ANN401 - any part of it
    alert = Alert(subscription=SAMPLE_SUBSCRIPTION.name, occasion=occasion, stories=())
    return Report(alert=alert, stories=stories, **others)


_FULL = _report(
    Occasion.AT_ONCE,
    _story(1, Reason.NEW, _TOLD[0], replace(_TOLD[0], document=_REPRINT)),
    _story(2, Reason.UPDATE, _TOLD[1]),
    _story(3, Reason.RULE, *_OTHERWISE),
    folded=(FoldedStory(title=_DRONES.title, sources=("Example Wire", "inbox"), findings=()),)
    * _MANY,
    hidden=(Hidden(silence=_SILENCE, findings=(FindingId(1), FindingId(2))),) * _MANY,
    trends=(Trend(rule="suicide-drones", name="Suicide drones", counts=(1, 0, 2, 3) * 3 + (5, 9)),)
    * _MANY,
    failing=("Example Wire: answered 503 Service Unavailable",) * _MANY,
    stale=("rules/korea.toml",) * _MANY,
)

SAMPLES = (
    _FULL,
    _report(
        Occasion.AT_ONCE, _story(4, Reason.REMINDER, Told(document=_KOREAN, findings=(_PLAIN,)))
    ),
    replace(_FULL, alert=replace(_FULL.alert, occasion=Occasion.DIGEST)),
    replace(_FULL, alert=replace(_FULL.alert, occasion=Occasion.STORM)),
    _report(Occasion.DIGEST),
)
"""What mails are written from: with nearly everything, with next to nothing, with nothing."""
