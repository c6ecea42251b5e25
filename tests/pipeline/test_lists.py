from dataclasses import replace

import pytest

from tests.httpd import LOOPBACK, Answer, HttpServer
from tests.ingest.test_feedlist import a_list
from tests.pipeline.conftest import Desk, changed
from tests.pipeline.test_feeds import rss
from watch.ingest.feed import Feed
from watch.ingest.feedlist import FeedListFile
from watch.pipeline.collect import poll_feed, scan_folder_once
from watch.pipeline.job import Context, Job, Lists
from watch.pipeline.lists import reload_lists, start_lists
from watch.store.findings import count_findings
from watch.store.sources import get_sources
from watch.store.tellings import get_waiting


async def _with_list(desk: Desk, *feeds: tuple[str, str]) -> Context:
    """Return the desk's context with a list beside its own feed."""
    each = Feed(name="my feeds", url="", allow_private=LOOPBACK)
    file = FeedListFile(path=a_list(desk.path, *feeds).path, each=each)
    own = dict(desk.context.feeds)
    context = changed(desk, feeds=dict(own), lists=Lists(files=(file,), own=own))
    await start_lists(context)
    return context


async def _reload(context: Context) -> list[Job]:
    """Look until an edit has stood still."""
    return [job for _ in range(3) for job in await reload_lists(context)]


async def test_an_edited_list_is_taken_up_and_feeds_come_and_go(
    desk: Desk, server: HttpServer
) -> None:
    context = await _with_list(desk)
    assert await _reload(context) == []
    server.put("/a", Answer(body=rss("ICBM")))
    a_list(desk.path, ("A", server.url("/a")), ("B", server.url("/b")))
    assert await reload_lists(context) == (), "it may be half saved"
    assert await _reload(context) == [Job("poll_due")]
    assert list(context.feeds) == ["wire", "A", "B"]
    await poll_feed(context, source="A")
    assert (await context.store.read(count_findings))["A"][0] == 1
    a_list(desk.path, ("B", server.url("/b")))
    await _reload(context)
    assert list(context.feeds) == ["wire", "B"]
    assert await poll_feed(context, source="A") == ()


async def test_a_broken_list_leaves_all_as_it_was_and_is_told_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    context = await _with_list(desk)
    a_list(desk.path, ("A", "https://a.org/feed"))
    await _reload(context)
    context.lists.files[0].path.write_text("<opml><body><outline")
    assert await _reload(context) == []
    assert await _reload(context) == []
    assert list(context.feeds) == ["wire", "A"]
    (told,) = [one for one in caplog.records if one.message == "feed list kept as it was"]
    assert told.__dict__["why"].startswith("feeds.opml: broken XML in line 1")
    a_list(desk.path, ("B", "https://b.org/feed"))
    assert await _reload(context) == [Job("poll_due")]
    assert list(context.feeds) == ["wire", "B"]


async def test_a_feed_with_a_new_title_keeps_what_is_known_of_it(
    desk: Desk, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    context = await _with_list(desk)
    server.put("/a", Answer(body=rss("Fish")), Answer(body=rss("Fish", "ICBM")))
    a_list(desk.path, ("Old title", server.url("/a")))
    await _reload(context)
    await poll_feed(context, source="Old title")
    a_list(desk.path, ("New title", server.url("/a")))
    await _reload(context)
    assert set(await context.store.read(get_sources)) == {"New title"}
    assert "source renamed" in caplog.messages
    desk.clock.advance(hours=30)
    assert await poll_feed(context, source="New title") == [Job("make_alerts")], "no new baseline"
    assert len(await context.store.read(get_waiting)) == 1
    assert (await context.store.read(count_findings))["New title"][0] == 2


async def test_a_folder_with_a_new_name_reads_nothing_again(desk: Desk) -> None:
    desk.write("a.txt", "An ICBM")
    await scan_folder_once(desk.context, source="inbox")
    inbox = desk.context.folders["inbox"]
    context = changed(desk, folders={"desk": replace(inbox, name="desk")}, looks={})
    await start_lists(context)
    assert await scan_folder_once(context, source="desk") == ()
    assert (await context.store.read(count_findings))["desk"] == (1, 1, 0)
