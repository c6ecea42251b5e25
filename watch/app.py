"""The composition root: a configuration becomes a running whole."""

import asyncio
import logging
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from watch.config import Config
from watch.engine.local import LocalEngine
from watch.ingest.sandbox import Sandbox
from watch.ingest.web import Web
from watch.notify.addresses import parse_address
from watch.notify.maildir import Maildir
from watch.notify.render import Renderer
from watch.notify.smtp import Smtp
from watch.pipeline.alert import make_alerts
from watch.pipeline.collect import poll_due, poll_feed, scan_folder_once
from watch.pipeline.deliver import deliver
from watch.pipeline.hosts import Hosts
from watch.pipeline.job import Context, Job, Lists
from watch.pipeline.lists import start_lists
from watch.pipeline.rules import LiveRules
from watch.pipeline.settings import OnAmbiguous
from watch.pipeline.upkeep import start_rules
from watch.store.db import Store
from watch.store.lock import hold_state
from watch.store.outbox import recover
from watch.store.sources import get_hosts, get_sources

log = logging.getLogger(__name__)


def database_of(config: Config) -> Path:
    """Return where the database of a configuration lies."""
    return config.state / "watchlist.db"


@asynccontextmanager
async def opened(config: Config, stopping: asyncio.Event) -> AsyncIterator[Context]:
    """Yield the context of a configuration, with all that a process that died left taken over.

    Raises MistakesError when no rules load, StateLockedError when another process is at work,
    StoreRefusedError when the database cannot be used.
    """
    os.umask(0o077)  # what is written belongs to this user alone
    async with AsyncExitStack() as stack:
        stack.enter_context(hold_state(config.state))
        store = await asyncio.to_thread(Store.open, database_of(config))
        stack.callback(store.close)
        context = Context(
            store=store,
            web=Web(config.web),
            sandbox=stack.enter_context(Sandbox()),
            renderer=Renderer(config.mail),
            transport=Maildir(config.maildir) if config.smtp is None else Smtp(config.smtp),
            sender=parse_address(config.mail.sender).spec,
            rules_folder=config.rules,
            rules=LiveRules(),
            hosts=Hosts(now=_now, chance=random.random),
            folders={folder.name: folder for folder in config.folders},
            feeds={feed.name: feed for feed in config.feeds},
            lists=Lists(files=config.feed_lists, own=config.own_feeds),
            subscriptions=config.subscriptions,
            delivery=config.delivery,
            now=_now,
            monotonic=time.monotonic,
            chance=random.random,
            stopping=stopping,
            operator=config.operator,
            health=config.health,
        )
        await _take_over(context)
        yield context


def _now() -> datetime:
    return datetime.now(UTC)


async def _take_over(context: Context) -> None:
    """Put the rules in force, and take up what the process before knew and held."""
    await start_rules(context)
    await start_lists(context)
    context.hosts.states.update(await context.store.read(get_hosts))
    recovered = await context.store.write(
        recover, resends=context.delivery.on_ambiguous is OnAmbiguous.RESEND
    )
    if recovered.given_back or recovered.ambiguous:
        log.warning(
            "outbox taken over",
            extra={
                "given back": recovered.given_back,
                "unknown whether sent": recovered.ambiguous,
                "these are": f"to {context.delivery.on_ambiguous.value}",
            },
        )


async def run(config: Config, stopping: asyncio.Event) -> None:
    """Watch until `stopping` is set; return when what had begun has ended."""
    async with opened(config, stopping) as context:
        log.info(
            "watching",
            extra={
                "folders": len(context.folders),
                "feeds": len(context.feeds),
                "subscriptions": len(context.subscriptions),
                "pid": os.getpid(),
            },
        )
        await LocalEngine(context).run()
    log.info("stopped", extra={"pid": os.getpid()})


async def run_once(config: Config, stopping: asyncio.Event) -> bool:
    """Do everything that is due, waiting for nothing; return whether all of it went well.

    It did not where a source could not be read, or a rule file is not in force as it lies there.
    """
    async with opened(config, stopping) as context:
        due: list[Job] = list(await poll_due(context)) if context.feeds else []
        await asyncio.gather(
            *(scan_folder_once(context, source=name) for name in context.folders),
            *(poll_feed(context, source=job.source) for job in due if job.source is not None),
        )
        await make_alerts(context, waits=False)
        await deliver(context)
        states = await context.store.read(get_sources)
        is_stale = any(file.stale_since is not None for file in context.rules.kept)
    names = {*context.folders, *context.feeds}
    has_failed = any(state.error for state in states.values() if state.name in names)
    return not (is_stale or has_failed)
