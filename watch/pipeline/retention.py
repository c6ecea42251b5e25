"""What is older than `keep_documents`, and settled, is let go: a little at a time, for ever."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from watch.core.model import DocumentId
from watch.pipeline.job import Context, Job
from watch.store.retention import (
    LetGo,
    get_old_mail,
    get_page,
    let_documents_go,
    remove_alerts,
    remove_messages,
    tidy,
)

log = logging.getLogger(__name__)

PAGE = 200
"""How many documents are looked at in one go, beside the writer."""
MOST_PAGES = 10
"""How many pages a run takes: 2,000 documents a minute, and none comes near that for long."""
MOST_DOCUMENTS = 10
"""How many documents one transaction empties, of those with few mentions: a few ms."""
MOST_ROWS = 400
"""How many rows that is at most; a document with more mentions goes alone."""
MOST_MESSAGES = 20
"""How many mails one transaction removes; each may have 100 kB."""
MOST_ALERTS = 200
REST_S = 3600
"""How long, after everything old was looked at, nothing is."""


async def let_go(context: Context) -> Sequence[Job]:
    """Let go of so much of what is old as does not hold anything up; the next run goes on.

    Safe to be killed anywhere: each transaction leaves a whole.
    """
    keep, sweep = context.keep_documents, context.sweep
    if keep is None or context.monotonic() < sweep.not_before:
        return ()
    now = context.now()
    gone = await _documents(context, now - keep, now)
    gone += await _mails(context, now - keep)
    if sweep.after is None:
        await context.store.write(tidy, now - keep)
        sweep.not_before = max(sweep.not_before, context.monotonic() + REST_S)
    if gone != LetGo():
        log.info(
            "old documents let go",
            extra={
                "documents": gone.documents,
                "findings": gone.findings,
                "mails": gone.mails,
                "before": now - keep,
            },
        )
    return ()


async def _documents(context: Context, before: datetime, now: datetime) -> LetGo:
    gone = LetGo()
    for _ in range(MOST_PAGES):
        page = await context.store.read(get_page, before, now, after=context.sweep.after, most=PAGE)
        for part in _parts(page.documents):
            gone += await context.store.write(let_documents_go, part, now, newest=page.newest)
        context.sweep.after = page.last
        if page.last is None:
            break
    return gone


def _parts(documents: Mapping[DocumentId, int]) -> Iterator[list[DocumentId]]:
    """Yield documents as they are emptied together; each comes with how many mentions it has."""
    part: list[DocumentId] = []
    rows = 0
    for document, mentions in documents.items():
        if part and (len(part) == MOST_DOCUMENTS or rows + mentions > MOST_ROWS):
            yield part
            part, rows = [], 0
        part.append(document)
        rows += mentions
    if part:
        yield part


async def _mails(context: Context, before: datetime) -> LetGo:
    gone = LetGo()
    old = await context.store.read(get_old_mail, before, most=MOST_ALERTS)
    for start in range(0, len(old.messages), MOST_MESSAGES):
        part = old.messages[start : start + MOST_MESSAGES]
        gone += await context.store.write(remove_messages, part)
    if old.alerts:
        await context.store.write(remove_alerts, old.alerts)
    return gone
