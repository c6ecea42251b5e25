"""Folders are scanned: the scan is the truth of what lies in them."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from watch.core.model import Document, FileState, SourceState
from watch.core.timing import SHORTEST_SCAN, next_poll, next_scan
from watch.errors import NotReadableError, SourceError
from watch.ingest.extract import extract
from watch.ingest.folder import (
    STILL_S,
    Folder,
    FoundFile,
    Scan,
    document_of,
    find_files,
    load_file,
    old_enough,
    still,
)
from watch.pipeline.collect.states import is_worth_keeping, note_failure, state_of, succeeded
from watch.pipeline.job import Context, Job, Look
from watch.pipeline.match import Batch, accept, match_documents
from watch.store.sources import get_files, get_sources, put_source, remove_files

log = logging.getLogger(__name__)

BATCH_FILES = 50
"""Files accepted in one transaction."""
FILE_RETRY = timedelta(minutes=1)
"""How soon a file is tried again that could not be read; doubled each time, up to a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """How a folder stands, and what lies in it."""

    state: SourceState
    scan: Scan


async def scan_folder(context: Context, *, source: str) -> Sequence[Job]:
    """Look for new and changed files; accept those that have stood still."""
    folder = context.folders[source]
    look = context.looks.setdefault(source, Look())
    began = context.monotonic()
    if began < look.not_before:
        return ()
    seen = await _look(context, folder, look)
    took = timedelta(seconds=context.monotonic() - began)
    look.not_before = began + next_scan(folder.every, took).total_seconds()
    if seen is None:
        return ()
    fresh = _fresh(seen.scan, look.known, context.now())
    ready, look.observed = still(look.observed, fresh, began)
    if not seen.state.has_baseline and not folder.backfill:
        # Nobody is told of a baseline, so that nothing is lost by reading a file half.
        ready = fresh.files
    return await _take(context, folder, look, seen, ready)


async def scan_folder_once(context: Context, *, source: str) -> Sequence[Job]:
    """Look once, and accept what stands still; wait no longer than that takes to see."""
    folder = context.folders[source]
    look = context.looks.setdefault(source, Look())
    seen = await _look(context, folder, look)
    if seen is None:
        return ()
    fresh = _fresh(seen.scan, look.known, context.now())
    ready = old_enough(fresh.files, context.now())
    if len(ready) < len(fresh.files):
        _, observed = still({}, fresh, 0.0)
        await asyncio.sleep(STILL_S)
        seen = await _look(context, folder, look)
        if seen is None:
            return ()
        ready, _ = still(observed, _fresh(seen.scan, look.known, context.now()), STILL_S)
    return await _take(context, folder, look, seen, ready)


async def _look(context: Context, folder: Folder, look: Look) -> _Seen | None:
    """Return what is seen of a folder; None when it cannot be read."""
    states = await context.store.read(get_sources)
    state = state_of(states.get(folder.name), folder.name, str(folder.root), context.now())
    if look.known is None:
        look.known = await context.store.read(get_files, folder.name)
    try:
        scan = await asyncio.to_thread(find_files, folder)
    except SourceError as error:
        await note_failure(context, state, folder.every or SHORTEST_SCAN, error)
        return None
    if scan.unreadable != look.unreadable:
        look.unreadable = scan.unreadable
        for path, why in scan.unreadable:
            log.warning(
                "folder in part not read", extra={"source": folder.name, "path": path, "why": why}
            )
    return _Seen(state=state, scan=scan)


def _fresh(scan: Scan, known: Mapping[str, FileState] | None, now: datetime) -> Scan:
    """Return the scan with those files alone that are new, changed, or to be tried again."""

    def is_fresh(file: FoundFile) -> bool:
        state = (known or {}).get(file.path)
        if state is None or (state.size, state.mtime_ns) != (file.size, file.mtime_ns):
            return True
        return state.due is not None and state.due <= now

    return replace(scan, files=tuple(filter(is_fresh, scan.files)))


async def _take(
    context: Context, folder: Folder, look: Look, seen: _Seen, ready: Sequence[FoundFile]
) -> Sequence[Job]:
    """Accept files batch by batch, each with its documents in one transaction."""
    known = look.known if look.known is not None else {}
    is_news = seen.state.has_baseline or folder.backfill
    state = succeeded(seen.state, context.now())
    waiting = 0
    for start in range(0, len(ready), BATCH_FILES):
        loaded = await asyncio.gather(
            *(
                _load(context, folder, found, known.get(found.path))
                for found in ready[start : start + BATCH_FILES]
            )
        )
        files = [file for file, _ in loaded]
        matcher = context.rules.matcher
        batch = Batch(
            checked=await match_documents(
                matcher, [document for _, document in loaded if document is not None]
            ),
            ruleset=matcher.ruleset.fingerprint,
            source=seen.state,
            files=files,
            is_news=is_news,
        )
        accepted = await context.store.write(accept, batch, context.subscriptions)
        known.update((file.path, file) for file in files)
        waiting += accepted.waiting
        log.info(
            "folder read" if is_news else "folder baseline: findings not mailed",
            extra={
                "source": folder.name,
                "files": len(files),
                "new": accepted.documents,
                "findings": accepted.findings,
                "left": len(ready) - start - len(files) or None,
            },
        )
    if ready or is_worth_keeping(seen.state, state):
        await context.store.write(put_source, replace(state, has_baseline=True))
    gone = known.keys() - {file.path for file in seen.scan.files}
    if gone:
        await context.store.write(remove_files, folder.name, gone)
        for path in gone:
            del known[path]
    return [Job("make_alerts")] if waiting else ()


async def _load(
    context: Context, folder: Folder, found: FoundFile, before: FileState | None
) -> tuple[FileState, Document | None]:
    """Return a file's new state and its document; or why there is none."""
    now = context.now()
    file = FileState(path=found.path, size=found.size, mtime_ns=found.mtime_ns)
    try:
        content = await asyncio.to_thread(load_file, folder, found)
        extracted = await context.sandbox.run(
            extract, content, suffix=PurePosixPath(found.path).suffix
        )
    except SourceError as error:
        failures = before.failures + 1 if before is not None else 1
        log.warning(
            "file not read",
            extra={"source": folder.name, "path": found.path, "why": str(error)},
        )
        # What is not readable as it is will be looked at again when it has changed.
        due = (
            None
            if isinstance(error, NotReadableError)
            else next_poll(now, FILE_RETRY, failures=failures, chance=context.chance())
        )
        return replace(file, failures=failures, due=due, error=str(error)), None
    document = document_of(folder, found, extracted, seen=now)
    unread = "; ".join(extracted.unread)
    if unread:
        log.warning(
            "file read in part",
            extra={"source": folder.name, "path": found.path, "unread": unread},
        )
    return replace(file, digest=document.digest, error=unread or None), document
