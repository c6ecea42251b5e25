"""Lists of feeds are watched: an edited one is taken up, a broken one leaves all as it was."""

import asyncio
import logging
from collections.abc import Sequence

from watch.errors import SourceError
from watch.ingest.feed import Feed
from watch.ingest.feedlist import ListStamp, load_list, stamp_list
from watch.pipeline.job import Context, Job, Lists
from watch.store.sources import rename_sources

log = logging.getLogger(__name__)


async def start_lists(context: Context) -> None:
    """Note how the lists lie there, and what the sources were called before."""
    context.lists.taken = context.lists.seen = await asyncio.to_thread(_stamps, context.lists)
    await keep_renamed(context)


async def reload_lists(context: Context) -> Sequence[Job]:
    """Take up lists that were edited; where one is broken, all of them stay as they were.

    An edit is read when two looks in a row find the files the same: it may be half saved.
    """
    lists = context.lists
    stamps = await asyncio.to_thread(_stamps, lists)
    has_settled = stamps == lists.seen
    lists.seen = stamps
    if stamps == lists.taken or not has_settled:
        return ()
    lists.taken = stamps
    try:
        feeds = await asyncio.to_thread(_load, lists)
    except SourceError as error:
        log.error("feed list kept as it was", extra={"why": str(error)})
        return ()
    counts = {
        "feeds": len(feeds),
        "came": len(feeds.keys() - context.feeds.keys()),
        "left": len(context.feeds.keys() - feeds.keys()),
    }
    context.feeds.clear()
    context.feeds.update(feeds)
    await keep_renamed(context)
    log.info("feed lists taken up", extra=counts)
    return [Job("poll_due")]


async def keep_renamed(context: Context) -> None:
    """Let sources that have a new name keep what is known of them, by where they lead to.

    Else a new name would begin with a baseline, and what came meanwhile would be told to nobody.
    """
    places = {feed.name: feed.url for feed in context.feeds.values()}
    places |= {folder.name: str(folder.root) for folder in context.folders.values()}
    renamed = await context.store.write(rename_sources, places)
    for before, after in renamed.items():
        log.info("source renamed", extra={"source": after, "before": before})


def _stamps(lists: Lists) -> tuple[ListStamp | None, ...]:
    return tuple(map(stamp_list, lists.files))


def _load(lists: Lists) -> dict[str, Feed]:
    feeds = dict(lists.own)
    for file in lists.files:
        feeds |= load_list(file, feeds)
    return feeds
