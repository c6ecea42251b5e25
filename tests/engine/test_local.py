import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.httpd import Answer, HttpServer
from tests.pipeline.conftest import Desk, changed
from tests.pipeline.test_feeds import rss
from watch.engine.local import LocalEngine
from watch.engine.schedule import jobs_of
from watch.pipeline.job import Context, Job
from watch.store.findings import count_findings


@asynccontextmanager
async def _running(context: Context) -> AsyncIterator[None]:
    working = asyncio.create_task(LocalEngine(context).run())
    try:
        yield
    finally:
        context.stopping.set()
        await asyncio.wait_for(working, 10)


async def _asked(server: HttpServer, path: str, count: int) -> None:
    async with asyncio.timeout(10):
        while len(server.asked(path)) < count:  # noqa: ASYNC110 (another thread counts)
            await asyncio.sleep(0.02)


async def _documents(desk: Desk, count: int) -> None:
    """Wait for so many; the clock of the steps goes on, so that files come to stand still."""
    async with asyncio.timeout(20):
        while True:
            desk.clock.advance(seconds=1)
            counts = await desk.context.store.read(count_findings)
            if sum(documents for documents, _, _ in counts.values()) >= count:
                return
            await asyncio.sleep(0.02)


def test_every_source_and_every_step_has_its_job(desk: Desk) -> None:
    assert list(jobs_of(desk.context)) == [
        (Job("scan_folder", "inbox"), 1),
        (Job("poll_due"), 5),
        (Job("make_alerts"), 1),
        (Job("deliver"), 5),
        (Job("reload_rules"), 1),
        (Job("tell_operator"), 60),
    ]


def test_feeds_are_looked_for_as_often_as_any_is_to_be_read(desk: Desk) -> None:
    (name, feed), *_ = desk.context.feeds.items()
    desk.context.feeds[name] = replace(feed, every=timedelta(seconds=2))
    assert (Job("poll_due"), 2) in list(jobs_of(desk.context))


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
        await _asked(server, "/feed", 1)
        await _documents(desk, 1)
    assert len(server.asked("/feed")) == 1, "it rests"
    failures = [one for one in caplog.records if one.message == "step failed"]
    assert failures
    assert failures[0].__dict__["step"] == "poll_feed"
    assert failures[0].exc_info is not None


async def test_what_takes_long_does_not_hold_up_the_end(desk: Desk, server: HttpServer) -> None:
    server.put("/feed", Answer(body=rss("ICBM"), delay_s=30))
    async with _running(desk.context):
        await _asked(server, "/feed", 1)
    assert await desk.context.store.read(count_findings) == {}
