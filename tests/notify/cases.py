"""Alerts that tests render, one for each golden mail and more."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from tests.notify.documents import (
    ARABIC,
    CHINESE,
    EMOJI,
    EMPTY,
    ENGLISH,
    HEBREW,
    HOSTILE,
    KOREAN,
    LONG,
    RUSSIAN,
    SEEN,
)
from watch.core.alerts import (
    Alert,
    AlertStory,
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
from watch.notify.render import MailSettings, Rendered, Renderer

NOW = SEEN + timedelta(minutes=1)
SETTINGS = MailSettings(sender="Watchlist <alerts@example.org>", reply_to="desk@example.org")
DESK = Subscription(name="Korea desk", to=("desk@example.org",), zone=ZoneInfo("Asia/Seoul"))
MORNING = replace(DESK, schedule=Schedule(days=frozenset(range(5)), at=time(7)))


def finding(
    document: Document, terms: Iterable[str | tuple[str, str]], **differing: Any
) -> Finding:
    """Return what a rule finds: every place where one of the words stands, whatever its case.

    A pair is the words as they stand and the term that finds them.
    """
    pairs = [(term, term) if isinstance(term, str) else term for term in terms]
    mentions = tuple(
        Mention(item="suicide-drones", field=field, start=match.start(), end=match.end(), term=term)
        for field in Field
        for words, term in pairs
        for match in re.finditer(re.escape(words), document.field_text(field), re.IGNORECASE)
    )
    found = Finding(
        rule="suicide-drones",
        name="Suicide drones",
        severity=Severity.NORMAL,
        tags=(),
        place=Place(path="rules/korea.toml", line=24),
        mentions=mentions,
    )
    return found._replace(**differing)


def story(number: int, *told: Told, reason: Reason = Reason.NEW) -> ToldStory:
    """Return a story of these documents; one that is not new was told on the day before."""
    return ToldStory(
        number=StoryId(number),
        key=f"story {number}",
        reason=reason,
        told=told,
        told_first=None if reason is Reason.NEW else SEEN - timedelta(days=1, hours=3),
    )


def stories_of(told: Iterable[Told]) -> tuple[ToldStory, ...]:
    """Return a story of its own for each document."""
    return tuple(story(number, part) for number, part in enumerate(told, 1))


@cache
def _renderer(settings: MailSettings) -> Renderer:
    """Return one for all: to compile its templates takes longer than to render most mails."""
    return Renderer(settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a mail is written from, and whom it is for."""

    stories: tuple[ToldStory, ...]
    subscription: Subscription = DESK
    settings: MailSettings = SETTINGS
    occasion: Occasion = Occasion.AT_ONCE
    folded: tuple[FoldedStory, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    trends: tuple[Trend, ...] = ()
    failing: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()

    @property
    def report(self) -> Report:
        """The report that the mail is written from; its findings are numbered in order."""
        parts = []
        number = 0
        for one in self.stories:
            count = sum(len(part.findings) for part in one.told)
            parts.append(
                AlertStory(
                    story=one.number,
                    reason=one.reason,
                    findings=tuple(map(FindingId, range(number, number + count))),
                    told_first=one.told_first,
                )
            )
            number += count
        return Report(
            alert=Alert(
                subscription=self.subscription.name, occasion=self.occasion, stories=tuple(parts)
            ),
            stories=self.stories,
            folded=self.folded,
            hidden=self.hidden,
            trends=self.trends,
            failing=self.failing,
            stale=self.stale,
        )

    @property
    def told(self) -> tuple[Told, ...]:
        """All documents that it tells of."""
        return tuple(part for one in self.stories for part in one.told)

    def rendered(self, now: datetime = NOW) -> Rendered:
        """Return what comes of it."""
        return _renderer(self.settings).render(self.report, self.subscription, now=now)


def case(*told: Told, **differing: Any) -> Case:
    """Return a case in which each document is a story of its own."""
    return Case(stories=stories_of(told), **differing)


def told(document: Document, *findings: Finding) -> Told:
    """Return a document with what is told of it."""
    return Told(document=document, findings=findings)


def silence(kind: SilenceKind, value: str, note: str = "") -> Silence:
    """Return a silence of three days that began yesterday."""
    return Silence(
        id=SilenceId(1),
        kind=kind,
        value=value,
        since=SEEN - timedelta(days=1),
        until=SEEN + timedelta(days=2),
        note=note,
    )


def hidden(by: Silence, count: int = 1) -> Hidden:
    """Return so many findings that a silence kept quiet."""
    return Hidden(silence=by, findings=tuple(map(FindingId, range(count))))


def folded(title: str, *sources: str) -> FoldedStory:
    """Return a story that these sources told again."""
    return FoldedStory(title=title, sources=sources, findings=(FindingId(1),))


NOTE = "Transfers of loitering munitions to any party. Call the desk before you publish."
DRONES = ("suicide drones", ("suicide-drones", "suicide drone"), ("suicide drone", "suicide drone"))
ICBM = finding(
    ENGLISH, ["ICBM"], rule="icbm", name="ICBM", place=Place(path="rules/korea.toml", line=40)
)
WIRE = finding(
    ENGLISH,
    [],
    rule="wire",
    name="All of the wire",
    place=Place(path="rules/korea.toml", line=51),
)
RUSSIAN_DRONES = finding(
    RUSSIAN, [("дроны-камикадзе", "дрон-камикадзе"), ("дронов-камикадзе", "дрон-камикадзе")]
)
TRENDS = (
    Trend(
        rule="suicide-drones",
        name="Suicide drones",
        counts=(0, 0, 1, 0, 2, 0, 0, 1, 0, 0, 0, 8, 13, 16),
    ),
    Trend(rule="icbm", name="ICBM", counts=(1,) * 13 + (2,)),
)

ONE = (told(ENGLISH, finding(ENGLISH, DRONES[:2])),)
SEVERAL = (
    told(ENGLISH, finding(ENGLISH, DRONES[:2], note=NOTE), ICBM, WIRE),
    told(EMPTY, finding(EMPTY, DRONES[:1])),
    told(RUSSIAN, RUSSIAN_DRONES),
)
KOREAN_TOLD = (
    told(KOREAN, finding(KOREAN, ["자폭 드론", ("자폭드론", "자폭 드론")])),
    told(CHINESE, finding(CHINESE, ["無人機"], name="無人機")),
)
ARABIC_TOLD = (
    told(ARABIC, finding(ARABIC, ["المسيّرة الانتحارية", ("Shahed-136", "Shahed-13*")], note=NOTE)),
)
HEBREW_TOLD = (told(HEBREW, finding(HEBREW, ["רחפני התאבדות"], rule="he", name="רחפני התאבדות")),)
TO_RUSSIA = {"name": "North Korean drones for Russia", "rule": "drones-to-russia"}
HIGH_TOLD = (
    told(
        replace(ENGLISH, published=None),
        finding(ENGLISH, DRONES[:2], severity=Severity.HIGH, note=NOTE, **TO_RUSSIA),
    ),
    told(EMPTY, finding(EMPTY, DRONES[:1], rule="drones-to-russia")),
)
HOSTILE_TOLD = (
    told(
        HOSTILE,
        finding(
            HOSTILE,
            DRONES[2:],
            name="Drones\r\nBcc: evil@example.com <script>",
            note="</p><script>alert(1)</script>\u202e",
        ),
    ),
)
LONG_TOLD = (
    told(LONG, finding(LONG, DRONES[:1], name="A rule whose name goes on and on, " * 6)),
    told(replace(LONG, key="long-2", url=None, title="Untitled " * 60), WIRE),
)


def reprint(source: str, **differing: Any) -> Told:
    """Return the English news as another source has it."""
    document = replace(ENGLISH, source=source, key=f"{source}/1", **differing)
    return told(document, finding(document, DRONES[:2]))


def many(count: int, document: Document = ENGLISH, **differing: Any) -> tuple[Told, ...]:
    """Return so many documents, the newest first."""
    found = finding(document, ["suicide drones", "드론"], **differing)
    return tuple(
        told(
            replace(
                document,
                key=str(number),
                title=f"Title {number}",
                published=SEEN - timedelta(minutes=number),
            ),
            found,
        )
        for number in range(count)
    )


def _hostile(name: str) -> Case:
    evil = 'evil"><img src=https://evil.example/x.png>\r\nBcc: evil@example.com\u202e'
    linked = replace(HOSTILE, key="2", url='https://good.example/"onmouseover="alert(1)?a=<b>&c')
    spoofed = replace(HOSTILE, key="3", source=evil, title=evil, url="javascript:alert(1)")
    return Case(
        stories=(
            story(
                1,
                *HOSTILE_TOLD,
                told(linked, *HOSTILE_TOLD[0].findings),
                told(spoofed, *HOSTILE_TOLD[0].findings),
                reason=Reason.UPDATE,
            ),
        ),
        subscription=replace(DESK, name=name, zone=UTC),
        folded=(folded(evil, evil, evil),),
        hidden=(hidden(silence(SilenceKind.RULE, evil, evil)),),
        trends=(Trend(rule="x", name=evil, counts=(1, 2)),),
        failing=(evil,),
        stale=(evil,),
    )


CASES = {
    "one-finding": case(*ONE),
    "several-rules": case(*SEVERAL),
    "several-rules-one-story": case(
        told(ENGLISH, finding(ENGLISH, DRONES[:2], note=NOTE), ICBM), trends=TRENDS
    ),
    "digest": case(
        *SEVERAL,
        *KOREAN_TOLD,
        *ARABIC_TOLD,
        told(EMOJI, finding(EMOJI, DRONES[:1])),
        subscription=MORNING,
        occasion=Occasion.DIGEST,
        trends=TRENDS,
        failing=("Example Wire: the server answered 503 Service Unavailable",),
        stale=("rules/korea.toml",),
    ),
    "empty-digest": Case(stories=(), subscription=MORNING, occasion=Occasion.DIGEST),
    "update": Case(stories=(story(7, *ONE, reason=Reason.UPDATE),)),
    "reminder": Case(
        stories=(story(7, *ONE, reprint("inbox"), reason=Reason.REMINDER),),
        subscription=replace(DESK, remind_after=timedelta(days=1)),
    ),
    "new-rule": Case(stories=(story(7, told(ENGLISH, ICBM), reason=Reason.RULE),)),
    "storm": case(*many(260), occasion=Occasion.STORM, trends=TRENDS[:1]),
    "high-severity": case(
        *HIGH_TOLD,
        subscription=replace(DESK, name="Frühschicht", zone=ZoneInfo("Europe/Berlin")),
    ),
    "also-in": Case(
        stories=(
            story(
                7,
                *ONE,
                *(
                    reprint(f"Paper {number}", url=f"https://paper-{number}.example.org/1")
                    for number in range(6)
                ),
                reprint("inbox", url=None, title="Trains at the border"),
                told(RUSSIAN, RUSSIAN_DRONES._replace(rule="ru", name="Дроны-камикадзе")),
                *(reprint(f"Station {number}", url=None) for number in range(9)),
            ),
        )
    ),
    "folded-and-silenced": case(
        *ONE,
        folded=(
            folded("Two men at the points", "Example Wire"),
            folded(ARABIC.title, ARABIC.source, "Example Wire", "inbox"),
        ),
        hidden=(
            hidden(silence(SilenceKind.RULE, "icbm", "until the exercise is over"), 12),
            hidden(silence(SilenceKind.SOURCE, ARABIC.source)),
        ),
    ),
    "right-to-left": case(
        *ARABIC_TOLD,
        *HEBREW_TOLD,
        subscription=replace(DESK, zone=ZoneInfo("Asia/Riyadh")),
        trends=(Trend(rule="he", name="רחפני התאבדות", counts=(0, 3, 1)),),
    ),
    "korean": case(*KOREAN_TOLD, subscription=replace(DESK, name="한국 데스크")),
    "long": case(*LONG_TOLD, subscription=replace(DESK, name="A desk with a long name " * 6)),
    "emoji": case(told(EMOJI, finding(EMOJI, DRONES[:1])), subscription=replace(DESK, name="🛩️")),
    "hostile": _hostile('Desk"\r\nBcc: evil@example.com'),
}
"""One for each golden mail, by the name of its file."""
