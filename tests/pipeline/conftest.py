import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.httpd import LOOPBACK, HttpServer
from watch.core.alerts import AlertStory, Reason, StoryId, Told
from watch.core.model import Subscription
from watch.ingest.feed import Feed
from watch.ingest.folder import Folder
from watch.ingest.rulefiles import RulesFolder
from watch.ingest.sandbox import Sandbox
from watch.ingest.web import Web
from watch.notify.maildir import Maildir
from watch.notify.render import MailSettings, Renderer
from watch.pipeline import job as steps
from watch.pipeline.hosts import Hosts
from watch.pipeline.job import Context
from watch.pipeline.rules import LiveRules
from watch.pipeline.settings import DeliverySettings
from watch.pipeline.upkeep import start_rules
from watch.store.db import Store
from watch.store.findings import get_told_stories
from watch.store.tellings import get_waiting

RULES = """\
[[item]]
name = "ICBM"
severity = "high"
terms = ["ICBM", "대륙간탄도미사일"]

[[item]]
name = "Suicide drones"
terms = ["suicide drone"]
tags = ["uav"]
"""


@dataclass
class Clock:
    """A clock that stands still until it is set on."""

    at: datetime = NOW
    seconds: float = 0.0

    def advance(self, **lengths: float) -> None:
        length = timedelta(**lengths)
        self.at += length
        self.seconds += length.total_seconds()

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds


class AtOnce(steps.Clock):
    """Steps go by the wall clock itself, so that a test sets it with nobody to look."""

    def now(self) -> datetime:
        return self.wall()


@dataclass
class Desk:
    """A context and what lies around it."""

    context: Context
    clock: Clock
    path: Path
    made: list[Context] = field(default_factory=list)

    def write(self, name: str, text: str | bytes) -> Path:
        """Put a file into the inbox."""
        path = self.path / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def mails(self) -> list[bytes]:
        """Return the mails that lie in the Maildir."""
        return [path.read_bytes() for path in sorted((self.path / "mail" / "new").glob("*"))]


@pytest.fixture
async def desk(
    tmp_path: Path, empty_database: Path, sandbox: Sandbox, server: HttpServer
) -> AsyncIterator[Desk]:
    """An inbox, a feed at /feed of the server, a rule file, one subscriber, a Maildir."""
    shutil.copy(empty_database, tmp_path / "watchlist.db")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "items.toml").write_text(RULES, "utf-8")
    (tmp_path / "inbox").mkdir()
    rules_folder = RulesFolder(path=tmp_path / "rules", label="rules")
    clock = Clock()
    store = Store.open(tmp_path / "watchlist.db")
    context = Context(
        store=store,
        web=Web(),
        sandbox=sandbox,
        renderer=Renderer(MailSettings(sender="Watchlist <watch@example.org>")),
        transport=Maildir(tmp_path / "mail"),
        sender="watch@example.org",
        rules_folder=rules_folder,
        rules=LiveRules(),
        hosts=Hosts(now=clock.now, chance=lambda: 0.0, spacing_s=0.0),
        folders={"inbox": Folder(name="inbox", root=tmp_path / "inbox")},
        feeds={"wire": Feed(name="wire", url=server.url("/feed"), allow_private=LOOPBACK)},
        subscriptions=(Subscription(name="Korea desk", to=("desk@example.org",)),),
        delivery=DeliverySettings(),
        clock=AtOnce(clock.now, clock.monotonic),
        chance=lambda: 0.0,
        stopping=asyncio.Event(),
    )
    await start_rules(context)
    yield Desk(context=context, clock=clock, path=tmp_path)
    store.close()


async def told_of_waiting(context: Context) -> list[Told]:
    """Return the documents of which somebody is to be told, in the order in which they came."""
    waiting = await context.store.read(get_waiting)
    findings = tuple({one.finding: None for one in waiting})
    story = AlertStory(story=StoryId(0), reason=Reason.NEW, findings=findings)
    (story_told,) = await context.store.read(get_told_stories, [story], in_full=1)
    return list(story_told.told)


Change = Callable[..., Context]


def changed(desk: Desk, **parts: object) -> Context:
    """Return the desk's context with parts of it exchanged."""
    return replace(desk.context, **parts)  # type: ignore[arg-type]
