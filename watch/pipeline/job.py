"""What the steps share: the job, and the context in which a step runs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from watch.core.model import FileState, Message, Subscription
from watch.ingest.feed import Feed
from watch.ingest.feedlist import FeedListFile, ListStamp
from watch.ingest.folder import Folder, Observation
from watch.ingest.rulefiles import RulesFolder
from watch.ingest.sandbox import Sandbox
from watch.ingest.web import Web
from watch.ingest.web.robots import Robots
from watch.notify.render import Renderer
from watch.pipeline.hosts import Hosts
from watch.pipeline.rules import LiveRules
from watch.pipeline.settings import DeliverySettings, HealthSettings
from watch.store.db import Store


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
    failures: int = 0

    def open(self) -> None:
        """Note that something went through."""
        self.closed_until = None
        self.failures = 0


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


@dataclass(slots=True, kw_only=True)
class Lists:
    """The lists of feeds, and how they lay there when they were looked at."""

    files: tuple[FeedListFile, ...] = ()
    own: Mapping[str, Feed] = field(default_factory=dict)
    """The feeds of the configuration itself."""
    seen: tuple[ListStamp | None, ...] = ()
    """At the last look."""
    taken: tuple[ListStamp | None, ...] = ()
    """When they were taken up, or refused."""


@dataclass(slots=True)
class Agenda:
    """What the last plan of alerts saw; forgotten at the end of the process."""

    marks: tuple[object, ...] = ()
    """Of what waited, and for whom."""
    made: datetime | None = None
    until: datetime | None = None
    """Until when, on the wall clock, it holds if nothing changes."""


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
    feeds: dict[str, Feed]
    """With those of the lists, which come and go."""
    subscriptions: tuple[Subscription, ...]
    delivery: DeliverySettings
    now: Callable[[], datetime]
    """The wall clock, aware."""
    monotonic: Callable[[], float]
    chance: Callable[[], float]
    """A random number in [0, 1)."""
    stopping: asyncio.Event
    operator: str | None = None
    """Who is told of what nobody owns."""
    health: HealthSettings = field(default_factory=HealthSettings)
    agenda: Agenda = field(default_factory=Agenda)
    channel: Channel = field(default_factory=Channel)
    lists: Lists = field(default_factory=Lists)
    looks: dict[str, Look] = field(default_factory=dict)
    robots: dict[str, Robots] = field(default_factory=dict)
    """What servers let programs fetch, by origin."""
    polling: set[str] = field(default_factory=set)
    """The feeds that are being read now."""
