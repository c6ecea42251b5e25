"""Sources that have a new name keep their history."""

import logging

from watch.pipeline.job import Context
from watch.store.sources import rename_sources

log = logging.getLogger(__name__)


async def keep_renamed(context: Context) -> None:
    """Let sources that have a new name keep what is known of them, by where they lead to.

    Else a new name would begin with a baseline, and what came meanwhile would be told to nobody.
    """
    places = {feed.name: feed.url for feed in context.feeds.values()}
    places |= {folder.name: str(folder.root) for folder in context.folders.values()}
    renamed = await context.store.write(rename_sources, places)
    for before, after in renamed.items():
        log.info("source renamed", extra={"source": after, "before": before})
