"""The frozen values that flow: document, mention, finding; who is told; message.

    Document ─► Matching(mentions, findings) ─► core.alerts ─► Message

Times are aware and in UTC. Offsets are Python string indices into the document's title or text.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum, IntEnum, unique
from functools import cached_property
from typing import NamedTuple, NewType

from watch.core.sending import QuietHours, Schedule

DocumentId = NewType("DocumentId", int)
FindingId = NewType("FindingId", int)
AlertId = NewType("AlertId", int)
MessageId = NewType("MessageId", int)
"""Numbers of rows; they mean nothing outside one database."""


@unique
class Field(Enum):
    """The part of a document in which a mention stands."""

    TITLE = "title"
    TEXT = "text"


@unique
class Severity(IntEnum):
    """How much a rule matters; higher is more."""

    LOW = 0
    NORMAL = 1
    HIGH = 2

    @property
    def word(self) -> str:
        """The word for it in rule files, mails and tables."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a user's file something is written; `str()` gives `rules/korea.toml:24`."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, kw_only=True)  # without slots: it keeps its digests
class Document:
    """One text to check, with what is known of it."""

    source: str
    key: str
    """Its steady identity within its source: a path below the root, an entry's id."""
    title: str
    text: str
    url: str | None = None
    published: datetime | None = None
    seen: datetime
    """When it was taken in."""
    languages: tuple[str, ...] = ()
    """ISO 639 codes, the most trusted first: as declared, then as detected."""
    is_degraded: bool = False
    """Whether parts of its text may be missing: its page could not be had, or not read whole."""
    entry_digest: str | None = None
    """Where the text is that of a page: what `digest` is of the feed's own entry, which alone
    tells whether the entry was edited."""

    @property
    def name(self) -> str:
        """What names it in any database: source, key, content."""
        return name_of(self.source, self.key, self.digest)

    @property
    def digest(self) -> str:
        """A hash of what a reader sees of it; the same content has the same digest."""
        return self._digests[0]

    @property
    def words_digest(self) -> str:
        """A hash of its words alone: it stays the same where only key and address change."""
        return self._digests[1]

    @cached_property
    def _digests(self) -> tuple[str, str]:
        """Of all of it, and of its words alone: both begin with these."""
        words = hashlib.sha256(f"{self.title}\0{self.text}".encode("utf-8", "replace"))
        whole = words.copy()
        whole.update(f"\0{self.url or ''}".encode("utf-8", "replace"))
        return whole.hexdigest(), words.hexdigest()

    def field_text(self, field: Field) -> str:
        """Return the string that a mention's offsets count in."""
        return self.title if field is Field.TITLE else self.text


def name_of(source: str, key: str, digest: str) -> str:
    """Return what names a document in any database."""
    return f"{source}\0{key}\0{digest}"


class Mention(NamedTuple):
    """An item at a span of a document; a tuple, for a document may hold thousands."""

    item: str
    """The item's id; empty for words that a rule itself names."""
    field: Field
    start: int
    end: int
    term: str
    """The term that found it, as its author typed it."""

    def text_in(self, document: Document) -> str:
        """Return the words of the document that the mention covers."""
        return document.field_text(self.field)[self.start : self.end]


class Finding(NamedTuple):
    """A rule that holds for a document, as the rule stood when it was checked.

    It carries all that a mail says of the rule, so that an alert can be written, and
    understood, after the rule has been edited or deleted.
    """

    rule: str
    """The rule's id; an item is, unless told otherwise, its own rule."""
    name: str
    severity: Severity
    tags: tuple[str, ...]
    place: Place
    mentions: tuple[Mention, ...]
    """Every mention that makes the rule hold."""
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A rule or item that could not be checked in full; the others were."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What a set of rules finds in one document."""

    mentions: tuple[Mention, ...] = ()
    """Title before text, then by start, then by end."""
    findings: tuple[Finding, ...] = ()
    """In the order of the rule files."""
    failures: tuple[Failure, ...] = ()


@unique
class Group(Enum):
    """Whether the stories that are ready at one time share a mail."""

    TOGETHER = "together"
    EACH = "each"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who gets what, when. `rules`, `tags` and `severity` must all hold; left out, none asks."""

    name: str
    to: tuple[str, ...]
    rules: tuple[str, ...] = ()
    """Ids, or globs over ids, of rules and items."""
    tags: tuple[str, ...] = ()
    """Any of these."""
    severity: Severity = Severity.LOW
    """At least this."""
    schedule: Schedule | None = None
    """When digests go out; None to send at once."""
    quiet: QuietHours | None = None
    """When nothing but high severity goes out."""
    zone: tzinfo = UTC
    """The recipient's clock: of the schedule, the quiet hours, and the times in the mail."""
    group: Group = Group.TOGETHER
    group_wait: timedelta = timedelta(seconds=60)
    """How long the first finding waits for others, so that one event makes one mail."""
    group_interval: timedelta = timedelta(minutes=5)
    """How long after a mail the next one goes out at the earliest; high severity waits not."""
    max_per_hour: int = 20
    remind_after: timedelta | None = None
    """After what time a story is told again of which more comes; None for never."""
    sends_empty: bool = False
    """Whether a digest goes out although there is nothing to tell."""
    language: str = "en"
    """Of the template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to ask again with, to be sent back verbatim."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """When a feed wants to be asked again; how far they are heeded is for its reader to bound."""

    wait: timedelta = timedelta(0)
    """No sooner than this."""
    quiet_hours: frozenset[int] = frozenset()
    """Hours of the day, in UTC, from 0 to 23, in which it does not want to be asked."""
    quiet_days: frozenset[int] = frozenset()
    """Days of the week, in UTC; Monday is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A new address that a server calls the right one for good; believed once it keeps to it."""

    to: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How it stands with one source; it survives a restart."""

    name: str
    location: str
    """The folder or address it was read from; what is known of one says nothing of another."""
    validators: Validators = Validators()
    due: datetime
    """When to look next."""
    has_baseline: bool = False
    """True once it was read successfully: what comes from then on is news."""
    succeeded: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    """How many times in a row it could not be read."""
    error: str | None = None
    """The last failure in words; None when the last reading succeeded."""
    note: str | None = None
    """What is odd about what the last reading brought, in words: nothing at all, new ids."""
    pace: timedelta | None = None
    """How often it is worth asking, by how often it brings something; None before that is known."""
    url: str | None = None
    """Where it is asked since it moved for good; None at its location."""
    move: Move | None = None
    """Where its server says it has moved, as long as that is not proved."""
    gone_times: int = 0
    """On how many days in a row its server said that it is gone for good (410)."""
    gone_at: datetime | None = None
    """When that was counted last."""
    paused_since: datetime | None = None
    """Since when it is asked once a week only, for it is gone for good."""
    is_told: bool = False
    """Whether the operator was told that it fails, and is to be told when it is back; keeping a
    state leaves it as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """A server that asked to be left alone: all of its feeds and pages wait."""

    host: str
    closed_until: datetime
    refusals: int
    """How many times within a week it refused."""
    refused: datetime
    """When it did so last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A file of a folder as it was when it was last taken, or refused."""

    path: str
    """Below the folder's root, with forward slashes; the document's key."""
    size: int
    mtime_ns: int
    digest: str | None = None
    """Of its document; None when it could not be read."""
    failures: int = 0
    due: datetime | None = None
    """When to try again after a failure; None when there is nothing to try."""
    error: str | None = None


@unique
class MessageState(Enum):
    """How far a message has come; the last three are ends."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    MARKED = "marked"
    """Its transmission has begun and no answer is recorded: after a crash, nobody knows."""
    HELD = "held"
    """Ambiguous after a crash, and `on_ambiguous = "hold"` leaves it to a person."""
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One rendered mail to one address: its bytes never change."""

    recipient: str
    message_id: str
    """As in the header, with its angle brackets."""
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A message that this process alone may send now."""

    id: MessageId
    message: Message
    attempts: int
    """How many times it was tried before."""
    created: datetime
