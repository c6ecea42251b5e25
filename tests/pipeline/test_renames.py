from dataclasses import replace

import pytest

from tests.httpd import LOOPBACK, Answer, HttpServer
from tests.pipeline.conftest import Desk, changed
from tests.pipeline.test_feeds import rss
from watch.ingest.feed import Feed
from watch.pipeline.collect import poll_feed, scan_folder_once
from watch.pipeline.job import Context, Job
from watch.pipeline.renames import keep_renamed
from watch.store.findings import count_findings
from watch.store.sources import get_sources
from watch.store.tellings import get_waiting


async def _with_feed(desk: Desk, name: str, url: str) -> Context:
    context = changed(desk, feeds={name: Feed(name=name, url=url, allow_private=LOOPBACK)})
    await keep_renamed(context)
    return context


async def test_a_feed_with_a_new_name_keeps_what_is_known_of_it(
    desk: Desk, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    server.put("/a", Answer(body=rss("Fish")), Answer(body=rss("Fish", "ICBM")))
    context = await _with_feed(desk, "Old title", server.url("/a"))
    await poll_feed(context, source="Old title")
    context = await _with_feed(desk, "New title", server.url("/a"))
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
    await keep_renamed(context)
    assert await scan_folder_once(context, source="desk") == ()
    assert (await context.store.read(count_findings))["desk"] == (1, 1, 0)
