"""The database is looked after: that it is where it was, is sound, and has a ballast."""

import logging
from collections.abc import Sequence

from watch.pipeline.job import Context, Job

log = logging.getLogger(__name__)

LOOK_THROUGH_EVERY_S = 7 * 24 * 3600.0
"""Damage that nobody reads lies hidden; a backup with the same is then all there is."""


async def keep_custody(context: Context) -> Sequence[Job]:
    """Look whether what is written will be found again; look for damage once a week.

    Raises StoreRefusedError when the database is gone, replaced or damaged, and
    StoreUnavailableError when the disk has no room for the ballast.
    """
    context.store.check_in_place()
    await context.store.keep_ballast()
    now, custody = context.monotonic(), context.custody
    if custody.looked_through is None and context.store.was_looked_through:
        custody.looked_through = now
    last = custody.looked_through
    if last is None or now - last >= LOOK_THROUGH_EVERY_S:
        await context.store.look_through()
        custody.looked_through = now
        log.info("database looked through", extra={"seconds": round(context.monotonic() - now, 1)})
    return ()
