from dataclasses import replace
from datetime import timedelta

import pytest

from tests.httpd import Answer, HttpServer
from tests.pipeline.conftest import Desk, changed
from watch.core.model import Validators
from watch.pipeline.collect import poll_due, poll_feed
from watch.pipeline.job import Job
from watch.store.findings import count_findings, get_told, get_waiting
from watch.store.sources import get_sources


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
    (waiting,) = await desk.context.store.read(get_waiting)
    (new,) = await desk.context.store.read(get_told, [waiting.finding])
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
    waiting = await desk.context.store.read(get_waiting)
    told = await desk.context.store.read(get_told, [one.finding for one in waiting])
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
    await poll_feed(desk.context, source="wire")
    assert len(server.asked("/feed")) == 1
    assert await poll_due(desk.context) == []
    desk.clock.advance(minutes=15)
    assert await poll_due(desk.context) == [Job("poll_feed", "wire")]
