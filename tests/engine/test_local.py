import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.httpd import LOOPBACK, Answer, HttpServer
from tests.patience import DEADLINE_S
from tests.pipeline.conftest import Desk, changed
from tests.pipeline.test_feeds import rss
from watch.engine.local import LocalEngine
from watch.engine.schedule import jobs_of
from watch.errors import StoreRefusedError, StoreUnavailableError
from watch.ingest.feed import Feed
from watch.pipeline.job import Context, Job
from watch.pipeline.settings import MonitoringSettings, Ping
from watch.store.db import Store
from watch.store.findings import count_findings


@asynccontextmanager
async def _running(context: Context) -> AsyncIterator[None]:
    working = asyncio.create_task(LocalEngine(context).run())
    try:
        yield
    finally:
        context.stopping.set()
        await asyncio.wait_for(working, DEADLINE_S)


async def _asked(server: HttpServer, path: str, count: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while len(server.asked(path)) < count:  # noqa: ASYNC110 (another thread counts)
            await asyncio.sleep(0.02)


async def _documents(desk: Desk, count: int) -> None:
    """Wait for so many; the clock of the steps goes on, so that files come to stand still."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            desk.clock.advance(seconds=1)
            counts = await desk.context.store.read(count_findings)
            if sum(documents for documents, _, _ in counts.values()) >= count:
                return
            await asyncio.sleep(0.02)


async def _logged(caplog: pytest.LogCaptureFixture, message: str) -> logging.LogRecord:
    """Return the first line of the log with these words, once it is there."""
    async with asyncio.timeout(DEADLINE_S):
        while message not in caplog.messages:  # noqa: ASYNC110 (the log tells)
            await asyncio.sleep(0.02)
    return next(one for one in caplog.records if one.message == message)


def test_every_source_and_every_step_has_its_job(desk: Desk) -> None:
    assert list(jobs_of(desk.context)) == [
        (Job("scan_folder", "inbox"), 1),
        (Job("poll_due"), 5),
        (Job("make_alerts"), 1),
        (Job("deliver"), 5),
        (Job("reload_rules"), 1),
        (Job("tell_operator"), 60),
        (Job("let_go"), 60),
        (Job("keep_pulse"), 15),
        (Job("keep_custody"), 60),
    ]


def test_a_monitor_is_told_as_often_as_it_wants_to_be(desk: Desk) -> None:
    ping = Ping(url="https://example.org/1234", every=timedelta(minutes=2))
    context = changed(desk, monitoring=MonitoringSettings(ping=ping))
    assert (Job("ping_monitor"), 120) in list(jobs_of(context))


def test_feeds_are_looked_for_as_often_as_any_is_to_be_read(desk: Desk) -> None:
    feeds = {
        name: replace(feed, every=timedelta(seconds=2)) for name, feed in desk.context.feeds.items()
    }
    assert (Job("poll_due"), 2) in list(jobs_of(changed(desk, feeds=feeds)))


async def test_a_job_runs_once_at_a_time_and_its_followers_run(
    desk: Desk, server: HttpServer
) -> None:
    server.put("/feed", Answer(body=rss("ICBM"), delay_s=1.5))
    async with _running(desk.context):
        await _asked(server, "/feed", 1)
        await asyncio.sleep(1.2)  # ticks go by while the answer is awaited
        assert len(server.asked("/feed")) == 1
        await _documents(desk, 1)
    assert len(server.asked("/feed")) == 1, "it was not due again"


async def test_a_step_that_fails_is_logged_rests_and_stops_no_other(
    desk: Desk, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.put("/feed", Answer(body=rss("ICBM")))

    def no_chance() -> float:
        raise RuntimeError("a fault of ours")

    faulty = changed(desk, chance=no_chance)
    desk.write("a.txt", "An ICBM")
    async with _running(faulty):
        failure = await _logged(caplog, "step failed")
        await _documents(desk, 1)
    assert len(server.asked("/feed")) == 1, "it rests"
    assert failure.__dict__["step"] == "poll_feed"
    assert failure.exc_info is not None


async def test_what_takes_long_does_not_hold_up_the_end(desk: Desk, server: HttpServer) -> None:
    server.put("/feed", Answer(body=rss("ICBM"), delay_s=30))
    async with _running(desk.context):
        await _asked(server, "/feed", 1)
    assert await desk.context.store.read(count_findings) == {}


def _chance(error: Exception) -> Callable[[], float]:
    """Return what makes a reading of a feed end with an error."""

    def chance() -> float:
        raise error

    return chance


async def test_a_database_that_cannot_be_used_just_now_stops_nothing_else(
    desk: Desk, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.put("/feed", Answer(body=rss("ICBM")))
    desk.write("a.txt", "An ICBM")
    async with _running(changed(desk, chance=_chance(StoreUnavailableError("disk full")))):
        told = await _logged(caplog, "database not available")
        await _documents(desk, 1)
    assert (told.__dict__["step"], told.__dict__["why"]) == ("poll_feed", "disk full")
    assert told.exc_info is None


async def test_a_database_that_is_refused_ends_the_whole(desk: Desk, server: HttpServer) -> None:
    server.put("/feed", Answer(body=rss("ICBM")))
    context = changed(desk, chance=_chance(StoreRefusedError("damaged")))
    with pytest.raises(StoreRefusedError, match="damaged"):
        await asyncio.wait_for(LocalEngine(context).run(), DEADLINE_S)
    assert context.stopping.is_set()


async def test_whatever_breaks_the_engine_itself_ends_the_whole(desk: Desk) -> None:
    engine = LocalEngine(desk.context)
    working = asyncio.create_task(engine.run())
    await asyncio.sleep(0.1)
    assert engine._scheduler.get_jobs()
    engine._scheduler.add_job(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(working, DEADLINE_S)


async def test_timers_that_stand_still_end_the_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watch.engine.local.STALLED_S", 1.5)
    engine = LocalEngine(desk.context)
    working = asyncio.create_task(engine.run())
    await asyncio.sleep(0.1)
    engine._scheduler.pause()
    with pytest.raises(RuntimeError, match="no timer ran"):
        await asyncio.wait_for(working, DEADLINE_S)


async def test_timers_go_on_when_the_clock_is_set(desk: Desk) -> None:
    engine = LocalEngine(desk.context)
    working = asyncio.create_task(engine.run())
    await asyncio.sleep(0.1)
    for job in engine._scheduler.get_jobs():  # as it is after a clock was set back
        job.modify(next_run_time=datetime.now(UTC) + timedelta(hours=1))
    desk.clock.at -= timedelta(hours=1)
    ticked = engine._ticked
    async with asyncio.timeout(DEADLINE_S):
        while engine._ticked == ticked:  # noqa: ASYNC110 (a timer sets it)
            await asyncio.sleep(0.05)
    desk.context.stopping.set()
    await working


async def test_a_clock_that_cannot_be_heeded_yet_is_heeded_later(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise StoreUnavailableError("disk full")

    working = asyncio.create_task(LocalEngine(desk.context).run())
    await asyncio.sleep(0.1)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", refuse)
        desk.clock.at -= timedelta(hours=1)
        await _logged(caplog, "clock not heeded")
    await _logged(caplog, "clock was set")
    desk.context.stopping.set()
    await working


async def test_another_context_takes_over_and_what_is_under_way_ends_as_it_began(
    desk: Desk, server: HttpServer
) -> None:
    server.put("/feed", Answer(body=rss("ICBM"), delay_s=2.5))
    server.put("/other", Answer(body=rss("Fish")))
    desk.context.stopping.clear()
    other = Feed(name="other", url=server.url("/other"), allow_private=LOOPBACK)
    successor = changed(desk, feeds={"other": other})
    was_asked = asyncio.Event()

    async def reload(context: Context) -> Context:
        return successor if was_asked.is_set() else context

    working = asyncio.create_task(LocalEngine(desk.context, reload).run())
    await _asked(server, "/feed", 1)
    was_asked.set()
    await _asked(server, "/other", 1)
    await _documents(desk, 2)
    assert set(await desk.context.store.read(count_findings)) == {"wire", "other"}
    assert len(server.asked("/feed")) == 1
    desk.context.stopping.set()
    await working
