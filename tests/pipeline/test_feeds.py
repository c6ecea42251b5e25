import asyncio
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.utils import format_datetime

import pytest

from tests.builders import NOW
from tests.httpd import Answer, HttpServer, redirect
from tests.pipeline.conftest import Desk, changed, told_of_waiting
from watch.core.model import SourceState, Validators
from watch.pipeline.collect import poll_due, poll_feed
from watch.pipeline.deliver import deliver
from watch.pipeline.health import tell_operator
from watch.pipeline.job import Job
from watch.store.findings import count_findings
from watch.store.sources import get_hosts, get_sources
from watch.store.tellings import get_waiting


def rss(*titles: str) -> bytes:
    items = "".join(
        f"<item><guid>{title}</guid><title>{title}</title>"
        f"<link>https://example.org/{number}</link>"
        f"<description>About &lt;b&gt;{title}&lt;/b&gt;.</description></item>"
        for number, title in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>Wire</title>{items}</channel></rss>'.encode()


async def _poll(desk: Desk) -> list[Job]:
    """Poll when it is due, as long as that may be."""
    desk.clock.advance(hours=30)
    return list(await poll_feed(desk.context, source="wire"))


async def _documents(desk: Desk) -> int:
    return (await desk.context.store.read(count_findings)).get("wire", (0, 0, 0))[0]


async def test_the_first_poll_is_a_silent_baseline_and_what_comes_then_is_news(
    desk: Desk, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    server.put(
        "/feed", Answer(body=rss("Old ICBM", "Fish")), Answer(body=rss("New ICBM", "Old ICBM"))
    )
    assert await _poll(desk) == []
    assert await desk.context.store.read(get_waiting) == ()
    (told,) = [one for one in caplog.records if one.message.startswith("feed baseline")]
    assert (told.__dict__["entries"], told.__dict__["findings"]) == (2, 1)
    assert (await desk.context.store.read(count_findings))["wire"] == (2, 1, 1)
    assert await _poll(desk) == [Job("make_alerts")]
    (new,) = await told_of_waiting(desk.context)
    assert new.document.title == "New ICBM"
    assert new.document.text == "About New ICBM."
    assert new.document.url == "https://example.org/0"


async def test_with_backfill_the_first_poll_is_news(desk: Desk, server: HttpServer) -> None:
    server.put("/feed", Answer(body=rss("Old ICBM")))
    feed = replace(desk.context.feeds["wire"], backfill=True)
    context = changed(desk, feeds={"wire": feed})
    assert await poll_feed(context, source="wire") == [Job("make_alerts")]


async def test_validators_go_back_verbatim_and_a_304_changes_nothing(
    desk: Desk, server: HttpServer
) -> None:
    date = "Wed, 26 Aug 2026 05:01:12 GMT"
    server.put("/feed", Answer(body=rss("ICBM"), etag='W/"a b"', last_modified=date))
    await _poll(desk)
    await _poll(desk)
    first, second = server.asked("/feed")
    assert "if-none-match" not in first.headers
    assert second.headers["if-none-match"] == 'W/"a b"'
    assert second.headers["if-modified-since"] == date
    assert await _documents(desk) == 1
    state = (await desk.context.store.read(get_sources))["wire"]
    assert state.validators == Validators(etag='W/"a b"', last_modified=date)


async def test_another_address_under_the_same_name_begins_anew(
    desk: Desk, server: HttpServer
) -> None:
    server.put("/feed", Answer(body=rss("ICBM"), etag='"1"'))
    server.put("/other", Answer(body=rss("Another ICBM"), etag='"1"'))
    await _poll(desk)
    moved = replace(desk.context.feeds["wire"], url=server.url("/other"))
    context = changed(desk, feeds={"wire": moved})
    await poll_feed(context, source="wire")
    (asked,) = server.asked("/other")
    assert "if-none-match" not in asked.headers
    assert await context.store.read(get_waiting) == (), "a baseline of its own"


async def test_an_edited_entry_tells_only_rules_that_did_not_hold_before(
    desk: Desk, server: HttpServer
) -> None:
    before = rss("ICBM")
    after = before.replace(b"About", b"A suicide drone, about")
    server.put("/feed", Answer(body=rss("Fish")), Answer(body=before), Answer(body=after))
    for _ in range(3):
        await _poll(desk)
    told = await told_of_waiting(desk.context)
    assert [[f.rule for f in one.findings] for one in told] == [["icbm"], ["suicide-drones"]]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(status=500), "answered 500"),
        (Answer(status=404), "answered 404"),
        (Answer(body=b"<!doctype html><html><body>Please log in</body></html>"), "not a feed"),
        (Answer(body=b""), "not a feed"),
    ],
)
async def test_a_feed_that_fails_backs_off_says_why_and_loses_nothing(
    desk: Desk,
    server: HttpServer,
    caplog: pytest.LogCaptureFixture,
    answer: Answer,
    why: str,
) -> None:
    caplog.set_level("INFO")
    server.put(
        "/feed", Answer(body=rss("Fish"), etag='"1"'), answer, answer, Answer(body=rss("ICBM"))
    )
    await _poll(desk)
    for failures, minutes in [(1, 30), (2, 60)]:
        assert await _poll(desk) == []
        state = (await desk.context.store.read(get_sources))["wire"]
        assert state.failures == failures
        assert state.error is not None
        assert why in state.error
        assert state.due - desk.clock.at == timedelta(minutes=minutes)
        assert state.validators.etag == '"1"', "what was had is not forgotten"
    assert [one.message for one in caplog.records].count("source not read") == 1
    assert await _poll(desk) == [Job("make_alerts")]
    state = (await desk.context.store.read(get_sources))["wire"]
    assert (state.failures, state.error) == (0, None)


async def test_a_feed_is_read_when_it_is_due_and_a_second_hint_reads_nothing(
    desk: Desk, server: HttpServer
) -> None:
    server.put("/feed", Answer(body=rss("ICBM")))
    assert await poll_due(desk.context) == [Job("poll_feed", "wire")]
    await poll_feed(desk.context, source="wire")
    assert desk.context.due == {}
    await poll_feed(desk.context, source="wire")
    assert len(server.asked("/feed")) == 1
    assert await poll_due(desk.context) == []
    desk.clock.advance(minutes=60)
    assert await poll_due(desk.context) == [Job("poll_feed", "wire")]


async def test_a_feed_that_is_being_read_is_not_read_a_second_time(
    desk: Desk, server: HttpServer
) -> None:
    server.put("/feed", Answer(body=rss("ICBM"), delay_s=0.3))
    first = asyncio.create_task(poll_feed(desk.context, source="wire"))
    await asyncio.sleep(0)
    assert await poll_due(desk.context) == []
    assert await poll_feed(desk.context, source="wire") == ()
    await first
    assert len(server.asked("/feed")) == 1
    assert await poll_feed(desk.context, source="none") == (), "one that left the configuration"


async def _state(desk: Desk) -> SourceState:
    return (await desk.context.store.read(get_sources))["wire"]


def _dated(*ages_h: float) -> bytes:
    """Return a feed whose entries are so many hours old."""
    dates = [format_datetime(NOW - timedelta(hours=age)) for age in ages_h]
    items = "".join(
        f"<item><title>Entry {number}</title><pubDate>{date}</pubDate></item>"
        for number, date in enumerate(dates)
    )
    return f'<rss version="2.0"><channel><ttl>90</ttl>{items}</channel></rss>'.encode()


async def test_the_next_reading_heeds_what_the_configuration_the_feed_and_its_server_ask(
    desk: Desk, server: HttpServer
) -> None:
    fresh = Answer(body=_dated(1), headers=(("Cache-Control", "max-age=7200"),))
    server.put("/feed", Answer(body=rss("Fish")), Answer(body=_dated(*[1] * 336)), fresh)
    waits = []
    for _ in range(3):
        await _poll(desk)
        waits.append((await _state(desk)).due - desk.clock.at)
    assert waits == [timedelta(minutes=60), timedelta(minutes=90), timedelta(hours=4)]
    often = replace(desk.context.feeds["wire"], every=timedelta(minutes=5))
    context = changed(desk, feeds={"wire": often})
    desk.clock.advance(hours=30)
    await poll_feed(context, source="wire")
    assert (await _state(desk)).due - desk.clock.at == timedelta(hours=2)


async def test_a_server_that_refuses_is_left_alone_by_all_its_feeds_and_after_a_restart(
    desk: Desk, server: HttpServer
) -> None:
    server.put("/feed", Answer(status=429, headers=(("Retry-After", "7200"),)))
    server.put("/other", Answer(body=rss("ICBM")))
    other = replace(desk.context.feeds["wire"], name="other", url=server.url("/other"))
    context = changed(desk, feeds={**desk.context.feeds, "other": other})
    await poll_feed(context, source="wire")
    state = await _state(desk)
    assert state.error is not None
    assert "429" in state.error
    until = desk.clock.at + timedelta(hours=2)
    assert state.due == until
    await poll_feed(context, source="other")
    assert server.asked("/other") == []
    (kept,) = (await context.store.read(get_hosts)).values()
    assert (kept.host, kept.closed_until) == (f"127.0.0.1:{server.port}", until)
    states = await context.store.read(get_sources)
    assert states["other"].due == until
    assert states["other"].error is None, "nobody knows whether it can be read"
    desk.clock.advance(hours=2)
    await poll_feed(context, source="other")
    assert len(server.asked("/other")) == 1


async def test_a_move_for_good_is_followed_at_once_and_kept_once_it_is_proved(
    desk: Desk, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.put("/feed", redirect(server.url("/new"), status=301))
    server.put("/new", Answer(body=rss("Fish"), etag='"1"'))
    for _ in range(7):
        await _poll(desk)
        desk.clock.advance(hours=-5)  # about a day each
    state = await _state(desk)
    assert (len(server.asked("/feed")), len(server.asked("/new"))) == (7, 7)
    assert (state.url, state.move and state.move.to) == (None, server.url("/new"))
    await _poll(desk)
    state = await _state(desk)
    assert (state.url, state.move) == (server.url("/new"), None)
    assert "feed moved for good" in caplog.messages
    await _poll(desk)
    assert (len(server.asked("/feed")), len(server.asked("/new"))) == (8, 9)
    assert server.asked("/new")[-1].headers["if-none-match"] == '"1"'
    server.put("/new", Answer(status=404))
    server.put("/feed", Answer(body=rss("Fish", "ICBM")))
    await _poll(desk)
    assert (await _state(desk)).url is None
    assert await _poll(desk) == [Job("make_alerts")], "back where it was configured"


@pytest.mark.parametrize("secret", ["headers", "login"])
async def test_a_feed_with_a_secret_follows_a_move_to_another_origin_and_never_keeps_it(
    desk: Desk, server: HttpServer, caplog: pytest.LogCaptureFixture, secret: str
) -> None:
    wire = desk.context.feeds["wire"]
    with_login = wire.url.replace("http://", "http://desk:secret@")
    wire = (
        replace(wire, headers=(("Authorization", "secret"),))
        if secret == "headers"
        else replace(wire, url=with_login)
    )
    context = changed(desk, feeds={"wire": wire})
    with HttpServer() as other:
        server.put("/feed", redirect(other.url("/new"), status=301))
        other.put("/new", Answer(body=rss("Fish")), Answer(body=rss("Fish", "ICBM")))
        for readings in range(1, 10):
            desk.clock.advance(hours=25)
            jobs = await poll_feed(context, source="wire")
            assert (len(server.asked("/feed")), len(other.asked("/new"))) == (readings, readings)
            assert (jobs == [Job("make_alerts")]) == (readings == 2)
            state = await _state(desk)
            assert (state.url, state.move, state.error) == (None, None, None)
        assert all("authorization" in asked.headers for asked in server.asked("/feed"))
        assert not any("authorization" in asked.headers for asked in other.asked("/new"))
    assert "feed moved for good" not in caplog.messages


async def test_a_feed_with_a_secret_keeps_a_move_within_its_origin(
    desk: Desk, server: HttpServer
) -> None:
    wire = replace(desk.context.feeds["wire"], headers=(("Authorization", "secret"),))
    context = changed(desk, feeds={"wire": wire})
    server.put("/feed", redirect(server.url("/new"), status=301))
    server.put("/new", Answer(body=rss("Fish")))
    for _ in range(9):
        desk.clock.advance(hours=25)
        await poll_feed(context, source="wire")
    assert (await _state(desk)).url == server.url("/new")
    assert len(server.asked("/feed")) < len(server.asked("/new")) == 9
    assert server.asked("/new")[-1].headers["authorization"] == "secret"


async def test_a_feed_that_is_gone_for_good_is_paused_after_three_days_and_told(
    desk: Desk, server: HttpServer
) -> None:
    context = changed(desk, operator="admin@example.org")
    server.put("/feed", Answer(status=410))
    waits = []
    for days in range(3):
        state = None
        for _ in range(2):  # asked twice a day, it counts once
            await poll_feed(context, source="wire")
            state = await _state(desk)
            assert state.gone_times == days + 1
            assert (state.paused_since is not None) == (days == 2)
            desk.clock.at = state.due if days < 2 else desk.clock.at
        assert state is not None
        waits.append(state.due - desk.clock.at)
        if days < 2:
            desk.clock.advance(hours=24)
    assert waits[-1] == timedelta(days=7)
    assert await tell_operator(context) == [Job("deliver")]
    assert await tell_operator(context) == (), "once"
    await deliver(context)
    (mail,) = map(message_from_bytes, desk.mails())
    assert mail["Subject"] == "wire cannot be read"
    assert mail["To"] == "admin@example.org"
    server.put("/feed", Answer(body=rss("ICBM")))
    desk.clock.advance(days=7)
    await poll_feed(context, source="wire")
    state = await _state(desk)
    assert (state.paused_since, state.gone_times, state.error) == (None, 0, None)
    assert await tell_operator(context) == [Job("deliver")]
    await deliver(context)
    assert "wire is read again" in [message_from_bytes(one)["Subject"] for one in desk.mails()]


async def test_a_paused_feed_that_is_still_gone_stays_paused_and_is_logged_once(
    desk: Desk, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.put("/feed", Answer(status=410))
    paused = []
    for _ in range(5):
        await poll_feed(desk.context, source="wire")
        state = await _state(desk)
        paused.append(state.paused_since)
        desk.clock.at = max(state.due, desk.clock.at + timedelta(hours=24))
    since = NOW + timedelta(hours=48)
    assert paused == [None, None, since, since, since]
    assert desk.clock.at == since + 3 * timedelta(days=7)
    assert caplog.messages.count("source paused: it is gone for good") == 1


async def test_new_ids_at_each_reading_are_noticed_and_tell_nothing_again(
    desk: Desk, server: HttpServer
) -> None:
    def rotated(day: int, *titles: str) -> Answer:
        items = "".join(
            f"<item><guid>{day}-{number}</guid><title>{title}</title>"
            f"<link>https://example.org/{number}?session={day}</link>"
            f"<description>About {title}.</description></item>"
            for number, title in enumerate(titles)
        )
        return Answer(body=f'<rss version="2.0"><channel>{items}</channel></rss>'.encode())

    old = ("ICBM one", "ICBM two", "ICBM three", "ICBM four", "ICBM five", "ICBM six")
    server.put("/feed", rotated(1, *old), rotated(2, *old), rotated(3, *old, "ICBM news"))
    await _poll(desk)
    assert (await _state(desk)).note is None
    assert await _poll(desk) == []
    assert await _documents(desk) == 6
    note = "it gives its entries new ids at each reading: 6 were known by their words"
    assert (await _state(desk)).note == note
    assert await _poll(desk) == [Job("make_alerts")]
    assert await _documents(desk) == 7


async def test_a_few_entries_with_known_words_under_new_ids_are_news(
    desk: Desk, server: HttpServer
) -> None:
    before = rss("ICBM")
    again = before.replace(b"<guid>ICBM", b"<guid>2").replace(b"example.org/0", b"example.org/9")
    server.put("/feed", Answer(body=rss("Fish")), Answer(body=before), Answer(body=again))
    await _poll(desk)
    assert await _poll(desk) == [Job("make_alerts")]
    assert await _poll(desk) == [Job("make_alerts")]


async def test_an_empty_feed_is_read_and_noted(desk: Desk, server: HttpServer) -> None:
    server.put("/feed", Answer(body=rss()), Answer(body=rss("Fish")))
    await _poll(desk)
    state = await _state(desk)
    assert (state.note, state.error, state.has_baseline) == ("it has no entries", None, True)
    await _poll(desk)
    assert (await _state(desk)).note is None
