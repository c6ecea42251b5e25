"""The composition root: a configuration becomes a running whole, and an edited one changes it."""

import asyncio
import logging
import os
import random
import resource
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from watch.config import Config, load_config
from watch.engine.local import LocalEngine
from watch.engine.supervisor import Supervisor
from watch.errors import Mistake, MistakesError
from watch.ingest.sandbox import Sandbox
from watch.ingest.stamp import FileStamp, stamp_of
from watch.ingest.web import Web
from watch.notify.addresses import parse_address
from watch.notify.maildir import Maildir
from watch.notify.notice import Notice, mended_notice, unloaded_notice
from watch.notify.render import Renderer
from watch.notify.smtp import Smtp
from watch.pipeline.alert import make_alerts
from watch.pipeline.clock import running_time, start_clock
from watch.pipeline.collect import poll_due, poll_feed, scan_folder_once
from watch.pipeline.deliver import deliver
from watch.pipeline.hosts import Hosts
from watch.pipeline.job import Channel, Clock, Context, Job
from watch.pipeline.renames import keep_renamed
from watch.pipeline.retention import let_go
from watch.pipeline.rules import LiveRules
from watch.pipeline.settings import OnAmbiguous
from watch.pipeline.upkeep import start_rules
from watch.store.db import Store
from watch.store.lock import hold_state
from watch.store.outbox import add_notices, hasten, recover
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
    # Memory holds passwords, and what may not be read may be written somewhere by a crash.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    async with AsyncExitStack() as stack:
        stack.enter_context(hold_state(config.state))
        store = await asyncio.to_thread(Store.open, database_of(config))
        stack.callback(store.close)
        sandbox = stack.enter_context(Sandbox())
        # It reads certificates, which takes a tenth of a second.
        context = await asyncio.to_thread(_context, config, store, sandbox, stopping)
        await _take_over(context)
        yield context


def _context(config: Config, store: Store, sandbox: Sandbox, stopping: asyncio.Event) -> Context:
    """Return a context that knows nothing yet but what is configured."""
    clock = Clock(_now, running_time)
    return Context(
        store=store,
        web=Web(config.web),
        sandbox=sandbox,
        renderer=Renderer(config.mail),
        transport=Maildir(config.maildir) if config.smtp is None else Smtp(config.smtp),
        sender=parse_address(config.mail.sender).spec,
        rules_folder=config.rules,
        rules=LiveRules(),
        hosts=Hosts(now=clock.now, chance=random.random),
        folders={folder.name: folder for folder in config.folders},
        feeds={feed.name: feed for feed in config.feeds},
        subscriptions=config.subscriptions,
        delivery=config.delivery,
        clock=clock,
        chance=random.random,
        stopping=stopping,
        operator=config.operator,
        health=config.health,
        keep_documents=config.keep_documents,
        monitoring=config.monitoring,
    )


def _now() -> datetime:
    return datetime.now(UTC)


async def _take_over(context: Context) -> None:
    """Put the rules in force, and take up what the process before knew and held."""
    await start_rules(context)
    await keep_renamed(context)
    context.hosts.states.update(await context.store.read(get_hosts))
    await start_clock(context)
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


async def run(config: Config, stopping: asyncio.Event, reloading: asyncio.Event) -> None:
    """Watch until `stopping` is set; return when what had begun has ended.

    The configuration is taken up anew when it is edited, and whenever `reloading` is set.
    """
    async with opened(config, stopping) as context:
        log.info("watching", extra={**_counts(context), "pid": os.getpid()})
        await LocalEngine(context, Reloading(config, reloading)).run()
    log.info("stopped", extra={"pid": os.getpid()})


def _counts(context: Context) -> dict[str, object]:
    return {
        "folders": len(context.folders),
        "feeds": len(context.feeds),
        "subscriptions": len(context.subscriptions),
    }


class Reloading:
    """Takes up an edited configuration; one that does not load leaves all as it was.

    An edit is read when two looks in a row find the files the same: it may be half saved.
    """

    def __init__(self, config: Config, asked: asyncio.Event) -> None:
        self._config = config
        self._asked = asked
        self._supervisor = Supervisor.from_environment()
        # As they were before they were read: the rules, read since, may have taken half a minute.
        self._taken = self._seen = config.files
        self._since = _now()
        self._is_broken = False

    async def __call__(self, context: Context) -> Context:
        """Return the context to go on with: the same one where nothing is to be changed."""
        stamps = await asyncio.to_thread(_stamps, self._config)
        has_settled = stamps == self._seen
        self._seen = stamps
        if not self._asked.is_set() and (stamps == self._taken or not has_settled):
            return context
        self._supervisor.tell_reloading()
        try:
            config = await asyncio.to_thread(load_config, self._config.path)
        except MistakesError as error:
            await self._keep(context, error.mistakes)
        else:
            context, stamps = await self._taken_up(context, config), config.files
        # Not before: where the database could not be used, this is done once more.
        self._taken = self._seen = stamps
        self._asked.clear()
        return context

    async def _keep(self, context: Context, mistakes: Sequence[Mistake]) -> None:
        """Go on as before, and say why; the operator hears of it once, until it loads again."""
        path = self._config.path
        if context.operator is not None and not self._is_broken:
            notice = unloaded_notice(
                context.operator, path.name, mistakes, since=self._since, now=context.now()
            )
            await _write(context, notice)
        self._is_broken = True
        for mistake in mistakes:
            log.error("configuration kept as it was", extra={"mistake": str(mistake)})
        self._supervisor.tell_ready("the configuration has mistakes and is kept as it was")

    async def _taken_up(self, context: Context, config: Config) -> Context:
        before = self._config
        # Who mended something elsewhere, a server or an account, says so with SIGHUP.
        is_mended = self._asked.is_set() or config.smtp != before.smtp
        successor = await asyncio.to_thread(
            _successor, context, before, config, is_mended=is_mended
        )
        await keep_renamed(successor)
        if is_mended:
            await context.store.write(hasten, context.now())
        if self._is_broken and successor.operator is not None:
            now = context.now()
            await _write(
                successor,
                mended_notice(successor.operator, [config.path.name], now, is_owned=False),
            )
        self._config, self._since, self._is_broken = config, context.now(), False
        if config.state != before.state:
            log.warning("state is moved at the next start only", extra={"to": config.state})
        names = {*context.folders, *context.feeds}
        new_names = {*successor.folders, *successor.feeds}
        log.info(
            "configuration taken up",
            extra={
                **_counts(successor),
                "came": len(new_names - names),
                "left": len(names - new_names),
            },
        )
        return successor


async def _write(context: Context, notice: Notice) -> None:
    now = context.now()
    await context.store.write(
        add_notices, context.renderer.render_notice(notice, now=now).messages, now
    )


def _stamps(config: Config) -> Mapping[Path, FileStamp | None]:
    return {path: stamp_of(path) for path in config.files}


def _successor(context: Context, before: Config, config: Config, *, is_mended: bool) -> Context:
    """Return a context of other settings that knows what the one before it came to know.

    `is_mended` has mail tried again at once, also where nothing went out.
    """
    fresh = _context(config, context.store, context.sandbox, context.stopping)
    is_same_way = (config.smtp, config.maildir) == (before.smtp, before.maildir)
    channel = context.channel
    if is_mended or not is_same_way:
        channel = Channel(settled=channel.settled, bucket=channel.bucket, faults=channel.faults)
    if config.delivery != before.delivery:
        channel.bucket = None
    return replace(
        fresh,
        transport=context.transport if is_same_way else fresh.transport,
        channel=channel,
        rules=context.rules,
        hosts=context.hosts,
        robots=context.robots,
        polling=context.polling,
        clock=context.clock,
        sweep=context.sweep,
        custody=context.custody,
        watched=context.watched,
        looks={
            name: look
            for name, look in context.looks.items()
            if context.folders.get(name) == fresh.folders.get(name)
        },
    )


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
        await let_go(context)
        states = await context.store.read(get_sources)
        is_stale = any(file.stale_since is not None for file in context.rules.kept)
    names = {*context.folders, *context.feeds}
    has_failed = any(state.error for state in states.values() if state.name in names)
    return not (is_stale or has_failed)
