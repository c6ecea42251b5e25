"""What is still to be told to whom, what was told before, and the alerts that come of it.

Finding ─► Telling ─► Waiting ─► Plan(alerts, folded, silenced) ─► Report ─► Message
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, unique
from typing import NamedTuple, NewType, assert_never

from watch.core.model import Document, DocumentId, Finding, FindingId, Severity

StoryId = NewType("StoryId", int)
SilenceId = NewType("SilenceId", int)
"""Numbers of rows; they mean nothing outside one database."""


class Telling(NamedTuple):
    """That a subscription is to be told of a finding."""

    finding: FindingId
    subscription: str
    since: datetime
    """When the finding was accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A finding that a subscription is still to be told."""

    finding: FindingId
    subscription: str
    since: datetime
    """When the finding was accepted."""
    document: DocumentId
    story: StoryId
    rule: str
    severity: Severity = Severity.NORMAL
    source: str = ""
    items: tuple[str, ...] = ()
    """The ids of the items whose mentions make it hold."""
    is_update: bool = False
    """Whether the document was edited, and it is the edited text that the rule holds for."""


@unique
class SilenceKind(Enum):
    """What a silence keeps quiet; the words stand on the command line and in mails."""

    RULE = "rule"
    ITEM = "item"
    SOURCE = "source"
    STORY = "story"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A rule, item, source or story that stays quiet until a date."""

    id: SilenceId = SilenceId(0)
    """0 before it is kept."""
    kind: SilenceKind
    value: str
    """The id of a rule or item, a source's name, the number of a story; letter for letter."""
    since: datetime
    until: datetime
    note: str = ""

    def hides(self, one: Waiting, now: datetime) -> bool:
        """Whether a finding is kept quiet: it came before the end, and the silence had begun."""
        return now >= self.since and one.since < self.until and self._is_about(one)

    def _is_about(self, one: Waiting) -> bool:
        match self.kind:
            case SilenceKind.RULE:
                return one.rule == self.value
            case SilenceKind.ITEM:
                # What other items are mentioned in is told.
                return one.rule == self.value or set(one.items) == {self.value}
            case SilenceKind.SOURCE:
                return one.source == self.value
            case SilenceKind.STORY:
                return str(one.story) == self.value
            case _:
                assert_never(self.kind)


@unique
class Reason(Enum):
    """Why a story is told; the words stand in the mail."""

    NEW = "new story"
    UPDATE = "update"
    RULE = "new rule for a known story"
    REMINDER = "reminder"


@unique
class Occasion(Enum):
    """Why a mail goes out now."""

    AT_ONCE = "at once"
    DIGEST = "digest"
    STORM = "storm"
    """More mails than `max_per_hour` would have gone out: what they would have told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStory:
    """A story as a subscription was told it."""

    rules: frozenset[str]
    """The rules that it was told to hold."""
    first: datetime
    """When it was told for the first time."""
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a subscription was told before."""

    served_since: datetime
    """When there was first anybody to serve it."""
    mails: tuple[datetime, ...] = ()
    """When its mails were made, in order: those of the last two hours, or the last one."""
    stories: Mapping[StoryId, KnownStory] = field(default_factory=dict)
    """Of those stories that wait to be told, the known ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStory:
    """A story as one alert tells it."""

    story: StoryId
    reason: Reason
    findings: tuple[FindingId, ...]
    told_first: datetime | None = None
    """When the subscription was told of it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The findings that one mail tells a subscription about, and why it goes out now."""

    subscription: str
    occasion: Occasion
    stories: tuple[AlertStory, ...]
    """Empty for the digest that is sent although there is nothing to tell."""

    @property
    def findings(self) -> tuple[FindingId, ...]:
        """All findings that it tells."""
        return tuple(number for story in self.stories for number in story.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A finding that is not told, for its story was, with the same rule."""

    subscription: str
    finding: FindingId


@dataclass(frozen=True, slots=True, kw_only=True)
class Silenced:
    """A finding that is not told, for a silence hides it."""

    subscription: str
    finding: FindingId
    silence: SilenceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done about what waits; what it does not name goes on waiting."""

    alerts: tuple[Alert, ...] = ()
    folded: tuple[Folded, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    next: datetime | None = None
    """When something of what waits is due at the earliest, if nothing comes before that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One document of an alert, with those of its findings that the alert tells."""

    document: Document
    findings: tuple[Finding, ...]
    name: str | None = None
    """Of the document, where it comes without its text, which has a part in its name."""

    def finding_keys(self) -> Iterator[str]:
        """Yield what names each finding in any database: source, document, content, rule."""
        name = self.name or self.document.name
        for finding in self.findings:
            yield f"{name}\0{finding.rule}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStory:
    """A story with the documents that tell it."""

    number: StoryId
    key: str
    """Its steady name, in any database."""
    reason: Reason
    told: tuple[Told, ...]
    """At least one; the first came first."""
    told_first: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedStory:
    """A story told before, of which more documents came that say nothing new."""

    title: str
    sources: tuple[str, ...]
    """One for each document."""
    findings: tuple[FindingId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What a silence kept quiet since the last mail."""

    silence: Silence
    findings: tuple[FindingId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How many documents a rule held for on each of the last days; the last one is today."""

    rule: str
    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a mail is written from."""

    alert: Alert
    stories: tuple[ToldStory, ...]
    folded: tuple[FoldedStory, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    trends: tuple[Trend, ...] = ()
    failing: tuple[str, ...] = ()
    """Sources that could not be read in this time, each with the reason."""
    stale: tuple[str, ...] = ()
    """Rule files of which an earlier version is in force."""

    @property
    def told(self) -> Sequence[Told]:
        """All documents that it tells of."""
        return [part for story in self.stories for part in story.told]

    @property
    def accounted(self) -> Sequence[FindingId]:
        """The findings that it does not tell, and says so."""
        folded = [number for story in self.folded for number in story.findings]
        return [*folded, *(number for one in self.hidden for number in one.findings)]

    def key(self, now: datetime) -> str:
        """Return its steady name: the same findings for the same reader, the same key.

        Where it tells nothing, it goes by its time.
        """
        keys = sorted(key for part in self.told for key in part.finding_keys())
        named = "\0".join((self.alert.subscription, *(keys or [now.isoformat()])))
        return hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()
