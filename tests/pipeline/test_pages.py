from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.httpd import Answer, HttpServer
from tests.pipeline.conftest import Desk, changed, told_of_waiting
from watch.core.alerts import Told
from watch.core.model import Validators
from watch.ingest.feed import FullText
from watch.ingest.sandbox import Sandbox
from watch.ingest.web import Fetched, NotModified, Web
from watch.ingest.web.robots import AGAIN_AFTER, Robots
from watch.pipeline.collect import poll_feed
from watch.pipeline.collect.pages import MOST_ROBOTS
from watch.pipeline.job import Context, Job

FILLER = "The convoy left the yard at dawn and was seen at two crossings before noon. " * 12
PARAGRAPHS = "".join(f"<p>{FILLER} Paragraph {number}.</p>" for number in range(5))

ALL = "SELECT text, is_degraded FROM documents ORDER BY revision"


def rss(server: HttpServer, **texts: str) -> Answer:
    """Return a feed with an entry for each path, and what it says."""
    items = "".join(
        f"<item><guid>{path}</guid><title>Title of {path}</title>"
        f"<link>{server.url(f'/{path}')}</link><description>{text}</description></item>"
        for path, text in texts.items()
    )
    return Answer(body=f'<rss version="2.0"><channel>{items}</channel></rss>'.encode())


def dated(server: HttpServer, moment: datetime, text: str = "A teaser.") -> Answer:
    """Return a feed with an entry of a date, at /a."""
    body = rss(server, a=text).body
    date = f"<pubDate>{moment.isoformat()}</pubDate></item>".encode()
    return Answer(body=body.replace(b"</item>", date))


def page(*paragraphs: str) -> Answer:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    html = f"""<!doctype html><html lang="en"><head><title>Title</title></head><body>
<nav><a href="/">Home</a> <a href="/icbm">ICBM archive</a></nav>
<article><h1>Title</h1>{PARAGRAPHS}{body}</article></body></html>"""
    return Answer(body=html.encode(), headers=(("Content-Type", "text/html"),))


def _wanting(desk: Desk, full_text: FullText, **rest: object) -> Context:
    feed = replace(desk.context.feeds["wire"], full_text=full_text, backfill=True, **rest)  # type: ignore[arg-type]
    return changed(desk, feeds={"wire": feed})


async def _told(context: Context) -> dict[str, Told]:
    """Return what is to be told, by the key of its document."""
    told = await told_of_waiting(context)
    return {one.document.key: one for one in told}


async def test_what_only_the_page_tells_is_found_and_its_menus_are_not_read(
    desk: Desk, server: HttpServer
) -> None:
    context = _wanting(desk, FullText.ALWAYS)
    server.put("/feed", rss(server, a="A teaser.", b="Another."))
    server.put("/a", page("An ICBM stood on the third car."))
    server.put("/b", page("Fish."))
    assert await poll_feed(context, source="wire") == [Job("make_alerts")]
    (told,) = (await _told(context)).values()
    assert told.document.key == "a"
    assert "third car" in told.document.text
    assert "A teaser." in told.document.text, "what the feed said is kept"
    assert not told.document.is_degraded
    assert told.document.languages == ("en",)
    (asked,) = server.asked("/a")
    assert asked.headers["accept"].startswith("text/html")
    assert asked.headers["user-agent"].startswith("watchlistd/")


async def test_a_page_is_asked_for_once_and_again_only_when_its_entry_was_edited(
    desk: Desk, server: HttpServer
) -> None:
    context = _wanting(desk, FullText.ALWAYS)
    server.put("/a", page("Fish."), page("An ICBM."))
    server.put("/feed", *[rss(server, a="A teaser.")] * 2, rss(server, a="A teaser, corrected."))
    for asked in (1, 1, 2):
        desk.clock.advance(hours=30)
        await poll_feed(context, source="wire")
        assert len(server.asked("/a")) == asked
    assert [*await _told(context)] == ["a"]


async def test_a_baseline_asks_for_no_pages(desk: Desk, server: HttpServer) -> None:
    wire = replace(desk.context.feeds["wire"], full_text=FullText.ALWAYS)
    server.put("/feed", rss(server, a="A teaser."))
    await poll_feed(changed(desk, feeds={"wire": wire}), source="wire")
    assert server.asked("/a") == []


async def test_when_short_asks_only_for_the_pages_of_teasers(
    desk: Desk, server: HttpServer
) -> None:
    context = _wanting(desk, FullText.WHEN_SHORT)
    server.put("/feed", rss(server, a="A teaser.", b=FILLER * 3))
    server.put("/a", page("An ICBM."))
    await poll_feed(context, source="wire")
    assert len(server.asked("/a")) == 1
    assert server.asked("/b") == []


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([Answer(status=304)], 2),
        ([Answer(status=404)], 1),
        ([Answer(status=500)], 2),
        ([Answer(status=408)], 2),
        ([Answer(body=b"<html><form><input type=password></form>Log in to read on</html>")], 1),
        ([Answer(body=b"x", length=100)], 2),
    ],
)
async def test_without_its_page_the_entry_is_taken_and_flagged(
    desk: Desk,
    server: HttpServer,
    caplog: pytest.LogCaptureFixture,
    answers: list[Answer],
    asked: int,
) -> None:
    context = _wanting(desk, FullText.ALWAYS)
    server.put("/feed", rss(server, a="A teaser on an ICBM.", b="Fish."))
    server.put("/a", *answers)
    server.put("/b", page("A suicide drone."))
    await poll_feed(context, source="wire")
    told = await _told(context)
    assert set(told) == {"a", "b"}
    assert (told["a"].document.text, told["a"].document.is_degraded) == (
        "A teaser on an ICBM.",
        True,
    )
    assert len(server.asked("/a")) == asked
    (logged,) = [one for one in caplog.records if one.message == "page not read"]
    assert logged.__dict__["url"] == server.url("/a")
    desk.clock.advance(hours=30)
    await poll_feed(context, source="wire")
    assert len(server.asked("/a")) == asked, "it is not asked for ever"


async def test_a_page_that_failed_for_a_moment_is_had_in_the_end(
    desk: Desk, server: HttpServer
) -> None:
    context = _wanting(desk, FullText.ALWAYS)
    server.put("/feed", rss(server, a="A teaser."))
    server.put("/a", Answer(body=b"x", length=100), page("An ICBM."))
    await poll_feed(context, source="wire")
    assert not (await _told(context))["a"].document.is_degraded


async def test_a_page_that_could_not_be_had_is_asked_for_again_at_later_readings(
    desk: Desk, server: HttpServer
) -> None:
    context = _wanting(desk, FullText.ALWAYS, every=timedelta(minutes=20))
    server.put("/feed", dated(server, context.now(), "A teaser on an ICBM."))
    server.put("/a", *[Answer(status=502)] * 4, page("A suicide drone."))
    for asked in (2, 4):
        await poll_feed(context, source="wire")
        assert len(server.asked("/a")) == asked
        told = (await _told(context))["a"].document
        assert (told.text, told.is_degraded) == ("A teaser on an ICBM.", True)
        desk.clock.advance(hours=1)
    for _ in range(2):
        await poll_feed(context, source="wire")
        assert len(server.asked("/a")) == 5, "what was had is not asked for again"
        told = (await _told(context))["a"].document
        assert "suicide drone" in told.text
        assert not told.is_degraded
        desk.clock.advance(minutes=30)


async def test_it_is_not_asked_for_when_the_entry_is_old_unless_that_was_edited(
    desk: Desk, server: HttpServer
) -> None:
    context = _wanting(desk, FullText.ALWAYS, every=timedelta(minutes=20))
    written = context.now()
    feeds = [dated(server, written)] * 3 + [dated(server, written, "A teaser, corrected.")] * 2
    server.put("/feed", *feeds)
    server.put("/a", Answer(status=500))
    for hours, asked in ((0, 2), (11, 4), (2, 4), (1, 6), (1, 6)):
        desk.clock.advance(hours=hours)
        await poll_feed(context, source="wire")
        assert len(server.asked("/a")) == asked
    documents = await context.store.read(lambda rows: rows.execute(text(ALL)).all())
    assert [tuple(row) for row in documents] == [("A teaser.", 1), ("A teaser, corrected.", 1)]


async def test_a_feed_that_is_read_very_often_does_not_ask_for_it_each_time(
    desk: Desk, server: HttpServer
) -> None:
    chances = [0.0]
    context = _wanting(desk, FullText.ALWAYS, every=timedelta(minutes=1))
    context = replace(context, chance=lambda: chances[-1])
    server.put("/feed", dated(server, context.now()))
    server.put("/a", Answer(status=500))
    for chance, asked in ((0.0, 2), (0.1, 2), (0.05, 4)):
        chances.append(chance)
        desk.clock.advance(minutes=5)
        await poll_feed(context, source="wire")
        assert len(server.asked("/a")) == asked


async def test_a_page_that_is_not_there_is_not_asked_for_at_the_next_reading(
    desk: Desk, server: HttpServer
) -> None:
    context = _wanting(desk, FullText.ALWAYS, every=timedelta(minutes=20))
    server.put("/feed", dated(server, context.now()))
    server.put("/a", Answer(status=404))
    for _ in range(2):
        await poll_feed(context, source="wire")
        assert len(server.asked("/a")) == 1
        desk.clock.advance(hours=1)


async def test_a_host_that_refused_a_page_is_asked_for_it_once_it_may_be(
    desk: Desk, server: HttpServer
) -> None:
    context = _wanting(desk, FullText.ALWAYS, every=timedelta(minutes=20))
    with HttpServer() as other:
        feed = dated(server, context.now()).body.replace(
            server.url("/a").encode(), other.url("/a").encode()
        )
        server.put("/feed", Answer(body=feed))
        other.put("/a", Answer(status=429, headers=(("Retry-After", "600"),)), page("An ICBM."))
        await poll_feed(context, source="wire")
        assert len(other.asked("/a")) == 1
        desk.clock.advance(hours=2)
        await poll_feed(context, source="wire")
        assert len(other.asked("/a")) == 2
    assert not (await _told(context))["a"].document.is_degraded


async def test_a_host_that_refuses_a_page_is_asked_for_no_other(
    desk: Desk, server: HttpServer
) -> None:
    context = _wanting(desk, FullText.ALWAYS)
    server.put("/feed", rss(server, a="An ICBM.", b="A suicide drone."))
    server.put("/a", Answer(status=429))
    server.put("/b", page("Fish."))
    await poll_feed(context, source="wire")
    assert server.asked("/b") == []
    assert {one.document.is_degraded for one in (await _told(context)).values()} == {True}
    assert context.hosts.closed_until(f"127.0.0.1:{server.port}") is not None


async def test_headers_for_the_feed_go_to_its_host_alone(desk: Desk, server: HttpServer) -> None:
    context = _wanting(desk, FullText.ALWAYS, headers=(("X-Key", "secret"),))
    with HttpServer() as other:
        other.put("/b", page("Fish."))
        feed = rss(server, a="A teaser.", b="Another.").body
        moved = feed.replace(server.url("/b").encode(), other.url("/b").encode())
        server.put("/feed", Answer(body=moved))
        server.put("/a", page("Fish."))
        await poll_feed(context, source="wire")
        (own,), (others,) = server.asked("/a"), other.asked("/b")
    assert own.headers["x-key"] == "secret"
    assert "x-key" not in others.headers


async def test_a_page_in_a_private_network_is_read_only_where_the_feed_may_lead_there(
    desk: Desk, server: HttpServer
) -> None:
    context = _wanting(desk, FullText.ALWAYS)
    elsewhere = rss(server, a="An ICBM.").body.replace(b"<link>http://127.", b"<link>http://10.")
    server.put("/feed", Answer(body=elsewhere))
    await poll_feed(context, source="wire")
    (told,) = (await _told(context)).values()
    assert told.document.is_degraded


@pytest.mark.parametrize(
    ("robots", "is_read"),
    [
        (Answer(body=b"User-agent: *\nDisallow: /b\n"), False),
        (Answer(body=b"User-agent: watchlistd\nDisallow: /\n"), False),
        (Answer(body=b"User-agent: other\nDisallow: /\n"), True),
        (Answer(body=b"User-agent: *\nDisallow: /b\nAllow: /b$\nCrawl-delay: 1\n"), True),
        (Answer(status=404), True),
        (Answer(status=500), False),
    ],
)
async def test_robots_txt_of_a_server_that_is_not_ones_own_is_heeded(
    desk: Desk, server: HttpServer, robots: Answer, *, is_read: bool
) -> None:
    context = _wanting(desk, FullText.ALWAYS)
    with HttpServer() as other:
        other.put("/robots.txt", robots)
        other.put("/b", page("An ICBM."))
        body = rss(server, b="A teaser on an ICBM.").body
        for edition in (b"A teaser", b"An edited teaser"):
            edited = body.replace(server.url("").encode(), other.url("").encode())
            server.put("/feed", Answer(body=edited.replace(b"A teaser", edition)))
            desk.clock.advance(hours=3)
            await poll_feed(context, source="wire")
        assert len(other.asked("/b")) == (2 if is_read else 0)
        asked = 1 if context.robots[other.url("")].rules is not None else 2
        assert len(other.asked("/robots.txt")) == asked, "kept for a day, or tried again"
    told = await _told(context)
    assert told["b"].document.is_degraded != is_read


class _Unchanging(Web):
    """Takes each page for one that has not changed, whether it was asked that or not."""

    async def fetch(self, url: str, **given: Any) -> Fetched | NotModified:
        answer = await super().fetch(url, **given)
        return answer if url.endswith("/feed") else NotModified(validators=Validators())


async def test_a_page_is_not_had_where_only_its_being_unchanged_is_told(
    desk: Desk, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    context = replace(_wanting(desk, FullText.ALWAYS), web=_Unchanging())
    server.put("/feed", rss(server, a="A teaser on an ICBM."))
    server.put("/a", page("A suicide drone."))
    await poll_feed(context, source="wire")
    told = (await _told(context))["a"].document
    assert (told.text, told.is_degraded) == ("A teaser on an ICBM.", True)
    (logged,) = [one for one in caplog.records if one.message == "page not read"]
    assert logged.__dict__["why"] == "answered 304 without having been asked for that"


async def test_an_entry_that_links_nowhere_is_taken_as_it_is(
    desk: Desk, server: HttpServer
) -> None:
    context = _wanting(desk, FullText.ALWAYS)
    item = b"<item><guid isPermaLink='false'>a</guid><title>An ICBM</title></item>"
    server.put("/feed", Answer(body=b"<rss version='2.0'><channel>" + item + b"</channel></rss>"))
    await poll_feed(context, source="wire")
    told = (await _told(context))["a"].document
    assert (told.title, told.url, told.is_degraded) == ("An ICBM", None, False)
    assert [asked.path for asked in server.requests] == ["/feed"]


def _linked(server: HttpServer, other: HttpServer, **texts: str) -> Answer:
    """Return a feed of one server whose entries link to the other."""
    body = rss(server, **texts).body
    return Answer(body=body.replace(server.url("").encode(), other.url("").encode()))


async def test_rules_for_programs_that_take_for_ever_to_follow_forbid_all_for_an_hour(
    desk: Desk, server: HttpServer
) -> None:
    agents = "".join(f"user-agent:{number}\n" for number in range(15_000))
    rules = "".join(f"allow:/{number}\n" for number in range(15_000))
    context = _wanting(desk, FullText.ALWAYS)
    with HttpServer() as other, Sandbox(workers=1, seconds=5) as strict:
        server.put("/feed", _linked(server, other, a="An ICBM.", b="A suicide drone."))
        other.put("/robots.txt", Answer(body=(agents + rules).encode()), Answer(status=404))
        other.put("/c", page("Fish."))
        await poll_feed(replace(context, sandbox=strict), source="wire")
        assert [asked.path for asked in other.requests] == ["/robots.txt"]
        assert {one.document.is_degraded for one in (await _told(context)).values()} == {True}
        kept = context.robots[other.url("")]
        assert (kept.rules, kept.good_until) == (None, desk.clock.at + AGAIN_AFTER)
        server.put("/feed", _linked(server, other, c="An ICBM, too."))
        desk.clock.advance(hours=5)
        await poll_feed(context, source="wire")
        assert [asked.path for asked in other.requests] == ["/robots.txt", "/robots.txt", "/c"]
    assert not (await _told(context))["c"].document.is_degraded


async def test_rules_of_too_many_servers_are_forgotten_and_asked_for_anew(
    desk: Desk, server: HttpServer
) -> None:
    context = _wanting(desk, FullText.ALWAYS)
    for number in range(MOST_ROBOTS):
        origin = f"https://{number}.example"
        context.robots[origin] = Robots(
            origin=origin, rules="", good_until=desk.clock.at + timedelta(days=1)
        )
    with HttpServer() as other:
        server.put("/feed", _linked(server, other, a="An ICBM."))
        other.put("/a", page("Fish."))
        await poll_feed(context, source="wire")
        assert [*context.robots] == [other.url("")]
    assert not (await _told(context))["a"].document.is_degraded
