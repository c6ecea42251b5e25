from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.httpd import LOOPBACK, Answer, HttpServer
from tests.pipeline.conftest import Desk, changed
from tests.pipeline.test_feeds import rss
from watch.core.model import HostState, Subscription
from watch.core.sending import parse_send
from watch.errors import StoreUnavailableError
from watch.ingest.feed import Feed
from watch.pipeline.alert import make_alerts
from watch.pipeline.clock import heed_clock, running_time, start_clock
from watch.pipeline.collect import poll_due, poll_feed
from watch.pipeline.deliver import deliver
from watch.pipeline.job import Clock, Context
from watch.pipeline.retention import let_go
from watch.store.db import Store
from watch.store.holdings import get_holdings

MINUTE = timedelta(minutes=1)
EVERY = 15 * MINUTE
JUMPS = {
    "forward an hour": timedelta(hours=1),
    "back an hour": -timedelta(hours=1),
    "forward a day": timedelta(days=1),
    "back a day": -timedelta(days=1),
    "to 1970": datetime(1970, 1, 2, tzinfo=UTC) - datetime(2026, 9, 1, tzinfo=UTC),
}


@pytest.fixture
async def context(desk: Desk, server: HttpServer) -> Context:
    """A feed read every quarter of an hour, a reader who waits a minute, one with a digest."""
    feed = Feed(name="wire", url=server.url("/feed"), every=EVERY, allow_private=LOOPBACK)
    at_once = Subscription(
        name="at once", to=("a@example.org",), group_wait=MINUTE, group_interval=5 * MINUTE
    )
    digest = Subscription(name="digest", to=("b@example.org",), schedule=parse_send("every 30m"))
    clock = Clock(desk.clock.now, desk.clock.monotonic)
    context = changed(desk, clock=clock, feeds={"wire": feed}, subscriptions=(at_once, digest))
    await start_clock(context)
    return context


async def _minute(desk: Desk, context: Context) -> None:
    """Let a minute pass, as the engine does."""
    desk.clock.advance(minutes=1)
    await heed_clock(context)
    for job in await poll_due(context):
        assert job.source is not None
        await poll_feed(context, source=job.source)
    await make_alerts(context)
    await deliver(context)


async def _pass(desk: Desk, context: Context, minutes: int) -> None:
    for _ in range(minutes):
        await _minute(desk, context)


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
@pytest.mark.parametrize("returns", [False, True], ids=["and stays", "and is set right"])
async def test_a_clock_that_is_set_stalls_nothing_and_doubles_nothing(
    desk: Desk, context: Context, server: HttpServer, jump: timedelta, *, returns: bool
) -> None:
    server.put("/feed", Answer(body=rss("Fish")))
    await _minute(desk, context)
    for number, by in enumerate([jump, -jump if returns else timedelta()]):
        server.put("/feed", Answer(body=rss("Fish", *(f"ICBM {n}" for n in range(number + 1)))))
        await _pass(desk, context, 4)
        asked = len(server.asked("/feed"))
        desk.clock.at += by
        await _pass(desk, context, 30)
        assert 1 <= len(server.asked("/feed")) - asked <= 2, "no stall, no flood"
    await _pass(desk, context, 40)
    told = sorted(
        (mail.split(b"To: ")[1][:1], title)
        for mail in desk.mails()
        for title in (b"ICBM 0", b"ICBM 1")
        if title in mail
    )
    once = [(reader, title) for reader in (b"a", b"b") for title in (b"ICBM 0", b"ICBM 1")]
    assert told == once, "each to each, once"


async def test_what_waits_when_the_clock_is_set_waits_no_longer_for_it(
    desk: Desk, context: Context, server: HttpServer
) -> None:
    server.put("/feed", Answer(body=rss("Fish")), Answer(body=rss("Fish", "ICBM")))
    await _pass(desk, context, 16)
    assert desk.mails() == [], "it waits for others"
    desk.clock.at -= timedelta(days=1)
    await _pass(desk, context, 2)
    assert len(desk.mails()) == 1


async def test_a_clock_set_back_while_nothing_ran_is_heeded_at_the_start(
    desk: Desk, context: Context, server: HttpServer
) -> None:
    server.put("/feed", Answer(body=rss("Fish")))
    await _minute(desk, context)
    desk.clock.at -= timedelta(days=3)
    after = replace(context, clock=Clock(desk.clock.now, desk.clock.monotonic))
    await start_clock(after)
    await _pass(desk, after, 16)
    assert len(server.asked("/feed")) == 2
    await start_clock(after)
    await _pass(desk, after, 10)
    assert len(server.asked("/feed")) == 2, "heeded once"


async def test_what_is_done_before_it_is_heeded_waits_no_longer_for_it(
    desk: Desk, context: Context, server: HttpServer
) -> None:
    server.put("/feed", Answer(body=rss("Fish")))
    await _minute(desk, context)
    for jump in JUMPS.values():
        await _pass(desk, context, 14)
        asked = len(server.asked("/feed"))
        desk.clock.advance(minutes=2)
        desk.clock.at += jump
        for job in await poll_due(context):
            assert job.source is not None
            await poll_feed(context, source=job.source)
        assert len(server.asked("/feed")) == asked + 1
        await heed_clock(context)
        assert await poll_due(context) == []
        await _pass(desk, context, 15)
        assert len(server.asked("/feed")) == asked + 2, "no stall, no flood"


async def test_what_cannot_be_written_yet_follows_later(
    desk: Desk, context: Context, server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("/feed", Answer(body=rss("Fish")))
    await _minute(desk, context)
    before = context.now()

    async def refuse(*_: object, **__: object) -> None:
        raise StoreUnavailableError("disk full")

    desk.clock.at -= timedelta(days=1)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", refuse)
        for _ in range(2):
            with pytest.raises(StoreUnavailableError):
                await heed_clock(context)
            assert context.now() == before
    assert await heed_clock(context)
    assert context.now() == desk.clock.at
    await _pass(desk, context, 16)
    assert len(server.asked("/feed")) == 2


async def test_hosts_and_a_closed_channel_wait_for_as_long_as_they_had_left(
    desk: Desk, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    now, hour = desk.clock.now(), timedelta(hours=1)
    context.hosts.states["a.org"] = HostState(
        host="a.org", closed_until=now + hour, refusals=1, refused=now
    )
    context.channel.closed_until = now + 2 * hour
    desk.clock.at -= timedelta(days=2)
    assert await heed_clock(context)
    assert context.hosts.closed_until("a.org") == desk.clock.now() + hour
    assert context.channel.closed_until == desk.clock.now() + 2 * hour
    assert "clock was set" in caplog.messages
    desk.clock.advance(seconds=100)
    assert not await heed_clock(context)


@pytest.mark.parametrize("is_running", [True, False])
async def test_a_clock_that_leaps_ahead_by_years_empties_no_archive(
    desk: Desk, context: Context, server: HttpServer, *, is_running: bool
) -> None:
    context = replace(context, keep_documents=timedelta(days=400))
    server.put("/feed", Answer(body=rss("Fish")))
    await _minute(desk, context)
    desk.clock.at += timedelta(days=900)
    if is_running:
        await let_go(context)
        assert (await context.store.read(get_holdings)).documents == 1, "not heeded yet"
        assert await heed_clock(context)
    else:
        context = replace(context, clock=Clock(desk.clock.now, desk.clock.monotonic))
        await start_clock(context)
    desk.clock.advance(hours=23)
    await let_go(context)
    assert (await context.store.read(get_holdings)).documents == 1
    desk.clock.advance(hours=2)
    await let_go(context)
    assert (await context.store.read(get_holdings)).documents == 0, "it was not set right"


def test_the_running_clock_runs() -> None:
    assert running_time() <= running_time()
