"""An alert that shows what an alert may hold; nothing in it happened."""

from datetime import UTC, datetime

from watch.core.model import (
    Alert,
    Document,
    Field,
    Finding,
    Mention,
    Place,
    Reason,
    Severity,
    Subscription,
    Told,
)

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

SAMPLES = (_TOLD, (Told(document=_KOREAN, findings=(_PLAIN,)),))
"""What alerts tell: one with nearly everything, one with next to nothing."""

SAMPLE_SUBSCRIPTION = Subscription(name="Example desk", to=("desk@example.org",))
"""Whom the samples are for."""

SAMPLE_ALERT = Alert(subscription=SAMPLE_SUBSCRIPTION.name, reason=Reason.NEW, findings=())
"""Why they go out."""
