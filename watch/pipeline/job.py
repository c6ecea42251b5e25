"""What the steps share: the job, and the context in which a step runs."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from watch.core.model import FileState, Message, MessageId, MessageState, SourceState, Subscription
from watch.core.rate import Bucket
from watch.core.timing import ClockReading, jump_of
from watch.ingest.feed import Feed
from watch.ingest.folder import Folder, Observation
from watch.ingest.rulefiles import RulesFolder
from watch.ingest.sandbox import Sandbox
from watch.ingest.web import Web
from watch.ingest.web.robots import Robots
from watch.notify.render import Renderer
from watch.pipeline.hosts import Hosts
from watch.pipeline.rules import LiveRules
from watch.pipeline.settings import DeliverySettings, HealthSettings, MonitoringSettings
from watch.store.db import Store
from watch.store.retention import Bookmark


@dataclass(frozen=True, slots=True)
class Job:
    """A step's name and small JSON: a hint that there may be something to do."""

    step: str
    source: str | None = None
    """The one argument that a step may take."""


class Transport(Protocol):
    """Where messages go: an SMTP server, a Maildir."""

    async def send(
        self, message: Message, *, sender: str, mark: Callable[[], Awaitable[None]]
    ) -> str:
        """Hand a message over; return the answer. `mark` is awaited just before that begins.

        Raises TransientError, PermanentError or ChannelError.
        """

    async def close(self) -> None:
        """End the connection, if any; nothing is raised."""


@dataclass(slots=True)
class Channel:
    """How it stands with the transport; forgotten at the end of the process."""

    closed_until: datetime | None = None
    """Nothing is sent before this: the channel as a whole failed."""
    closed_since: datetime | None = None
    """Since when it fails, try after try."""
    refused: str | None = None
    """Why nothing goes out until somebody acts; None where it may go by itself."""
    failures: int = 0
    settled: Counter[MessageState] = field(default_factory=Counter)
    """How many messages ended in each state."""
    bucket: Bucket | None = None
    """What the configured rate allows; None before the first mail, and without one."""
    faults: dict[MessageId, int] = field(default_factory=dict)
    """How many times sending a message raised what nobody foresaw."""

    def open(self) -> None:
        """Note that something went through."""
        self.closed_until = None
        self.closed_since = None
        self.refused = None
        self.failures = 0


@dataclass(slots=True)
class Watched:
    """What is known of those who look from outside; forgotten at the end of the process."""

    started: datetime | None = None
    """When this process was first looked at."""
    pinged: datetime | None = None
    """When a monitor was last told that all is well."""
    silent_since: datetime | None = None
    """Since when it is not, for something is wrong; None where it is."""
    silent_why: str | None = None
    unwritten: str | None = None
    """Why what is to be read from outside could not be written; None where it was."""


@dataclass(slots=True)
class Look:
    """What the looks at a folder showed so far; forgotten at the end of the process."""

    known: dict[str, FileState] | None = None
    """The files as the database has them; None before the first look."""
    observed: Mapping[str, Observation] = field(default_factory=dict)
    unreadable: tuple[tuple[str, str], ...] = ()
    """Folders in it that could not be read, and why: told once."""
    not_before: float = 0.0
    """On the monotonic clock, in seconds: a large folder is scanned less often."""


@dataclass(slots=True)
class Agenda:
    """What the last plan of alerts saw; forgotten at the end of the process."""

    marks: tuple[object, ...] = ()
    """Of what waited, and for whom."""
    made: datetime | None = None
    until: datetime | None = None
    """Until when, on the wall clock, it holds if nothing changes."""
    not_before: float = 0.0
    """On the monotonic clock, in seconds: a plan that takes long is made less often."""
    faults: dict[str, int] = field(default_factory=dict)
    """How many times in a row the mails of a subscription could not be written."""

    def forget(self) -> None:
        """Have the next plan made, whatever it would see."""
        self.made = None


@dataclass(slots=True)
class Clock:
    """The time that steps go by: the wall clock's at the last look, and what has passed since.

    A wall clock that is set shows at the next look only, so that no step sees it before all that
    waits can follow: what is due by one clock would be moved as though it were by the other.
    """

    wall: Callable[[], datetime]
    """What the machine takes for the time, aware."""
    monotonic: Callable[[], float]
    """In seconds, by a clock that nobody sets and that goes on while the machine sleeps."""
    reading: ClockReading = field(init=False)

    def __post_init__(self) -> None:
        """Look for the first time."""
        self.reading = self._read()

    def now(self) -> datetime:
        """Return the time that steps go by, aware."""
        passed = self.monotonic() - self.reading.running
        return self.reading.wall + timedelta(seconds=passed)

    def look(self) -> timedelta | None:
        """Go by what the wall clock shows now; return by how much it was set, if it was."""
        before, self.reading = self.reading, self._read()
        return jump_of(before, self.reading)

    def _read(self) -> ClockReading:
        return ClockReading(wall=self.wall(), running=self.monotonic())


@dataclass(slots=True)
class Sweep:
    """How far what is old was looked at; forgotten at the end of the process."""

    after: Bookmark | None = None
    """None to begin with the oldest."""
    not_before: float = 0.0
    """On the monotonic clock, in seconds: when all was looked at, it rests."""


@dataclass(slots=True)
class Custody:
    """How the database was looked after; forgotten at the end of the process."""

    looked_through: float | None = None
    """When all its pages were found to be sound, on the monotonic clock, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What steps work with: settings that do not change, the rooms' services, clock, chance."""

    store: Store
    web: Web
    sandbox: Sandbox
    renderer: Renderer
    transport: Transport
    sender: str
    """The address in the envelope."""
    rules_folder: RulesFolder
    rules: LiveRules
    hosts: Hosts
    folders: Mapping[str, Folder]
    feeds: Mapping[str, Feed]
    subscriptions: tuple[Subscription, ...]
    delivery: DeliverySettings
    clock: Clock
    chance: Callable[[], float]
    """A random number in [0, 1)."""
    stopping: asyncio.Event
    operator: str | None = None
    """Who is told of what nobody owns."""
    health: HealthSettings = field(default_factory=HealthSettings)
    keep_documents: timedelta | None = None
    """For how long, before they are let go; None for ever."""
    sweep: Sweep = field(default_factory=Sweep)
    monitoring: MonitoringSettings = field(default_factory=MonitoringSettings)
    watched: Watched = field(default_factory=Watched)
    agenda: Agenda = field(default_factory=Agenda)
    channel: Channel = field(default_factory=Channel)
    custody: Custody = field(default_factory=Custody)
    looks: dict[str, Look] = field(default_factory=dict)
    robots: dict[str, Robots] = field(default_factory=dict)
    """What servers let programs fetch, by origin."""
    polling: set[str] = field(default_factory=set)
    """The feeds that are being read now."""
    due: dict[str, SourceState] = field(default_factory=dict)
    """How it stands with feeds that were found to be due, until each is read: to look all of them
    up at once costs a twentieth of what it costs one by one."""

    def now(self) -> datetime:
        """Return the time that steps go by, aware."""
        return self.clock.now()

    def monotonic(self) -> float:
        """Return the seconds, from any beginning, of a clock that nobody sets."""
        return self.clock.monotonic()
