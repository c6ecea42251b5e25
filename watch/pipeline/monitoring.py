"""The daemon is seen from outside: by its pulse, by metrics, by a monitor that it pings."""

import asyncio
import importlib
import logging
import os
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

from watch import __version__
from watch.core.vitals import Pulse, RuleCounts, Vitals, WatchedSource, troubles_of
from watch.errors import AnswerError, SourceError, StoreUnavailableError
from watch.ingest.web.urls import parse_url
from watch.notify.pulse import save_pulse
from watch.pipeline.job import Context, Job
from watch.pipeline.settings import Ping
from watch.store.sources import get_sources
from watch.store.vitals import get_counts, prove_writable

T = TypeVar("T")

log = logging.getLogger(__name__)

PING_S = 10.0
"""How long a monitor may take to answer, in seconds."""


async def keep_pulse(context: Context) -> Sequence[Job]:
    """Write down how it stands, where that is asked for; what cannot be written is told once."""
    pulse_file, metrics_file = context.monitoring.pulse_file, context.monitoring.metrics_file
    if pulse_file is None and metrics_file is None:
        return ()
    vitals = await get_vitals(context)
    why = []
    if pulse_file is not None:
        why += await _unwritten(pulse_file, save_pulse, _pulse_of(vitals))
    if metrics_file is not None:
        why += await _unwritten(metrics_file, _write_metrics, vitals)
    unwritten = "; ".join(why) or None
    if unwritten is not None and context.watched.unwritten != unwritten:
        log.warning("pulse not written", extra={"why": unwritten})
    context.watched.unwritten = unwritten
    return ()


async def _unwritten(path: Path, write: Callable[[Path, T], None], told: T) -> list[str]:
    """Write a file; return in words why that could not be done, nothing where it was."""
    try:
        await asyncio.to_thread(write, path, told)
    except OSError as error:
        return [f"{path}: {error.strerror}; see that {path.parent} is there and may be written"]
    return []


async def ping_monitor(context: Context) -> Sequence[Job]:
    """Tell a monitor that all is well, if it is; told nothing, it raises alarm."""
    ping = context.monitoring.ping
    if ping is None:
        return ()
    watched, host = context.watched, parse_url(ping.url).host
    why = watched.silent_why = await _why_not(context, ping)
    if why is None:
        if watched.silent_since is not None:
            log.info("monitor pinged again", extra={"at": host, "since": watched.silent_since})
        watched.pinged, watched.silent_since = context.now(), None
    elif watched.silent_since is None:
        log.warning("monitor not pinged", extra={"at": host, "why": why})
        watched.silent_since = context.now()
    return ()


async def _why_not(context: Context, ping: Ping) -> str | None:
    """Ping, if all is well; return in words why that was not done, or went wrong."""
    try:
        await context.store.write(prove_writable)
        troubles = troubles_of(await get_vitals(context))
        if troubles:
            return "; ".join(troubles)
        async with asyncio.timeout(PING_S):
            await context.web.fetch(ping.url, allowed=ping.allow_private)
    except AnswerError as error:
        # Some answer "202 Accepted", and mean it.
        is_success = HTTPStatus.OK <= error.status < HTTPStatus.MULTIPLE_CHOICES
        return None if is_success else str(error)
    except TimeoutError:
        return f"no whole answer within {PING_S:g} s"
    except (SourceError, StoreUnavailableError) as error:
        return str(error)
    return None


async def get_vitals(context: Context) -> Vitals:
    """Return how it stands with the daemon."""
    now = context.now()
    context.watched.started = context.watched.started or now
    states = await context.store.read(get_sources)
    folders = [
        WatchedSource(name=name, every=folder.every, is_folder=True, state=states.get(name))
        for name, folder in context.folders.items()
    ]
    feeds = [WatchedSource(name=name, state=states.get(name)) for name in context.feeds]
    ruleset, kept = context.rules.matcher.ruleset, context.rules.kept
    return Vitals(
        version=__version__,
        now=now,
        started=context.watched.started,
        sources=(*folders, *feeds),
        counts=await context.store.read(get_counts),
        rules=RuleCounts(
            items=len(ruleset.items),
            rules=len(ruleset.rules),
            files=len(kept),
            stale=sum(file.stale_since is not None for file in kept),
        ),
        settled=dict(context.channel.settled),
        closed_since=context.channel.closed_since,
        closed_until=context.channel.closed_until,
        refused=context.channel.refused,
        pinged=context.watched.pinged,
        unpinged=context.watched.silent_why,
    )


def _pulse_of(vitals: Vitals) -> Pulse:
    return Pulse(
        pid=os.getpid(),
        version=vitals.version,
        started=vitals.started,
        beaten=vitals.now,
        closed_until=vitals.closed_until,
        refused=vitals.refused,
        pinged=vitals.pinged,
        unpinged=vitals.unpinged,
        troubles=troubles_of(vitals),
    )


def _write_metrics(path: Path, vitals: Vitals) -> None:
    # It takes a moment to load, and is an extra that need not be there.
    importlib.import_module("watch.notify.prometheus").write_metrics(path, vitals)
