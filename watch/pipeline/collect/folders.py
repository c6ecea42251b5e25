"""Folders are scanned: the scan is the truth of what lies in them."""

import asyncio
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watch.core.model import Document, FileState, SourceState
from watch.core.timing import SHORTEST_SCAN, next_poll, next_scan
from watch.errors import NotReadableError, SourceError
from watch.ingest.extract import PLAIN_SUFFIXES, Extract, extract
from watch.ingest.folder import (
    STILL_S,
    Folder,
    FoundFile,
    Scan,
    document_of,
    find_files,
    old_enough,
    read_files,
    still,
)
from watch.pipeline import memory
from watch.pipeline.collect.states import is_worth_keeping, note_failure, state_of, succeeded
from watch.pipeline.job import Context, Job, Look
from watch.pipeline.match import Batch, accept, match_documents
from watch.store.sources import get_files, get_source, put_source, remove_files

log = logging.getLogger(__name__)

BATCH_FILES = 200
"""How many plain texts are accepted in one transaction."""
BATCH_PARSED = 20
"""How many other files are: some take seconds, for which those beside them wait."""
BATCH_BYTES = 10_000_000
"""How large the files of a batch are together, for all of them are in memory; a larger file goes
alone."""
FILE_RETRY = timedelta(minutes=1)
"""How soon a file is tried again that could not be read; doubled each time, up to a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """How a folder stands, and what lies in it."""

    state: SourceState
    unreadable: tuple[tuple[str, str], ...]
    fresh: Scan
    """Those files alone that are new, changed, or to be tried again."""
    gone: Collection[str]
    """Paths of files that were known and are no longer there."""
    took_s: float
    """How long it took to look, without what that had to wait for."""


async def scan_folder(context: Context, *, source: str) -> Sequence[Job]:
    """Look for new and changed files; accept those that have stood still."""
    folder = context.folders[source]
    look = context.looks.setdefault(source, Look())
    began = context.monotonic()
    if began < look.not_before:
        return ()
    seen = await _look(context, folder, look)
    took_s = context.monotonic() - began if seen is None else seen.took_s
    look.not_before = began + next_scan(folder.every, timedelta(seconds=took_s)).total_seconds()
    if seen is None:
        return ()
    ready, look.observed = await asyncio.to_thread(still, look.observed, seen.fresh, began)
    if not seen.state.has_baseline and not folder.backfill:
        # Nobody is told of a baseline, so that nothing is lost by reading a file half.
        ready = seen.fresh.files
    return await _take(context, folder, look, seen, ready)


async def scan_folder_once(context: Context, *, source: str) -> Sequence[Job]:
    """Look once, and accept what stands still; wait no longer than that takes to see."""
    folder = context.folders[source]
    look = context.looks.setdefault(source, Look())
    seen = await _look(context, folder, look)
    if seen is None:
        return ()
    ready = await asyncio.to_thread(old_enough, seen.fresh.files, context.now())
    if len(ready) < len(seen.fresh.files):
        _, observed = await asyncio.to_thread(still, {}, seen.fresh, 0.0)
        await asyncio.sleep(STILL_S)
        seen = await _look(context, folder, look)
        if seen is None:
            return ()
        ready, _ = await asyncio.to_thread(still, observed, seen.fresh, STILL_S)
    return await _take(context, folder, look, seen, ready)


async def _look(context: Context, folder: Folder, look: Look) -> _Seen | None:
    """Return what is seen of a folder; None when it cannot be read."""
    state = await context.store.read(get_source, folder.name)
    state = state_of(state, folder.name, str(folder.root), context.now())
    if look.known is None:
        look.known = await context.store.read(get_files, folder.name)
        if len(look.known) >= memory.MANY:
            memory.leave_out()
    try:
        seen = await asyncio.to_thread(_see, context, folder, state, look.known)
    except SourceError as error:
        await note_failure(context, state, folder.every or SHORTEST_SCAN, error)
        return None
    if seen.unreadable != look.unreadable:
        look.unreadable = seen.unreadable
        for path, why in seen.unreadable:
            log.warning(
                "folder in part not read", extra={"source": folder.name, "path": path, "why": why}
            )
    return seen


def _see(
    context: Context, folder: Folder, state: SourceState, known: Mapping[str, FileState]
) -> _Seen:
    """Scan a folder and compare it with what is known; not for the event loop."""
    with memory.uncollected():
        seen = _compared(context, folder, state, known)
    if len(seen.fresh.files) >= memory.MANY:
        memory.leave_out()
    return seen


def _compared(
    context: Context, folder: Folder, state: SourceState, known: Mapping[str, FileState]
) -> _Seen:
    now, began = context.now(), context.monotonic()
    scan = find_files(folder)

    def is_fresh(file: FoundFile) -> bool:
        before = known.get(file.path)
        if before is None or (before.size, before.mtime_ns) != (file.size, file.mtime_ns):
            return True
        return before.due is not None and before.due <= now

    return _Seen(
        state=state,
        unreadable=scan.unreadable,
        fresh=replace(scan, files=tuple(filter(is_fresh, scan.files))),
        gone=known.keys() - {file.path for file in scan.files},
        took_s=context.monotonic() - began,
    )


async def _take(
    context: Context, folder: Folder, look: Look, seen: _Seen, ready: Sequence[FoundFile]
) -> Sequence[Job]:
    """Accept files batch by batch, each with its documents in one transaction."""
    known = look.known if look.known is not None else {}
    is_news = seen.state.has_baseline or folder.backfill
    state = succeeded(seen.state, context.now())
    waiting, left = 0, len(ready)
    grown = left
    for part in await asyncio.to_thread(_batches, ready):
        if grown >= memory.MANY:
            memory.leave_out()
            grown = 0
        taken = await _read(context, folder, part, known)
        matcher = context.rules.matcher
        batch = Batch(
            checked=await match_documents(
                matcher, [document for _, document in taken if document is not None]
            ),
            ruleset=matcher.ruleset.fingerprint,
            source=seen.state,
            files=[file for file, _ in taken],
            is_news=is_news,
        )
        accepted = await context.store.write(accept, batch, context.subscriptions)
        known.update((file.path, file) for file in batch.files)
        waiting += accepted.waiting
        left -= len(part)
        grown += len(part)
        log.info(
            "folder read" if is_news else "folder baseline: findings not mailed",
            extra={
                "source": folder.name,
                "files": len(part),
                "new": accepted.documents,
                "findings": accepted.findings,
                "left": left or None,
            },
        )
    if ready or is_worth_keeping(seen.state, state):
        await context.store.write(put_source, replace(state, has_baseline=True))
    if seen.gone:
        await context.store.write(remove_files, folder.name, seen.gone)
        for path in seen.gone:
            del known[path]
    return [Job("make_alerts")] if waiting else ()


def _batches(files: Iterable[FoundFile]) -> list[list[FoundFile]]:
    """Return the files as they are to be taken: plain texts first, which make nobody wait."""
    plain: list[FoundFile] = []
    others: list[FoundFile] = []
    for file in files:
        (plain if file.suffix in PLAIN_SUFFIXES else others).append(file)
    return [*_parts(plain, BATCH_FILES), *_parts(others, BATCH_PARSED)]


def _parts(files: Iterable[FoundFile], most: int) -> Iterator[list[FoundFile]]:
    part: list[FoundFile] = []
    size = 0
    for file in files:
        if part and (len(part) == most or size + file.size > BATCH_BYTES):
            yield part
            part, size = [], 0
        part.append(file)
        size += file.size
    if part:
        yield part


async def _read(
    context: Context, folder: Folder, files: Sequence[FoundFile], known: Mapping[str, FileState]
) -> list[tuple[FileState, Document | None]]:
    """Return each file's new state and its document; or why there is none."""
    read = await asyncio.to_thread(read_files, folder, files)
    parsed = await asyncio.gather(
        *(
            _parsed(context, found, content)
            for found, content in zip(files, read, strict=True)
            if isinstance(content, bytes)
        )
    )
    left = iter(parsed)
    ends = [next(left) if isinstance(one, bytes) else one for one in read]

    def take() -> list[tuple[FileState, Document | None]]:
        now = context.now()
        return [
            _refused(context, found, known.get(found.path), end)
            if isinstance(end, SourceError)
            else _taken(folder, found, end, now)
            for found, end in zip(files, ends, strict=True)
        ]

    taken = await asyncio.to_thread(take)
    _log_unread(folder, taken)
    return taken


async def _parsed(context: Context, found: FoundFile, content: bytes) -> Extract | SourceError:
    """Return what stands in a file's bytes, or why that cannot be told."""
    try:
        return await context.sandbox.run(extract, content, suffix=found.suffix)
    except SourceError as error:
        return error


def _refused(
    context: Context, found: FoundFile, before: FileState | None, error: SourceError
) -> tuple[FileState, None]:
    """Return the state of a file that could not be read, with when to try again."""
    failures = before.failures + 1 if before is not None else 1
    # What is not readable as it is will be looked at again when it has changed.
    due = (
        None
        if isinstance(error, NotReadableError)
        else next_poll(context.now(), FILE_RETRY, failures=failures, chance=context.chance())
    )
    return replace(_state(found), failures=failures, due=due, error=str(error)), None


def _taken(
    folder: Folder, found: FoundFile, extract: Extract, now: datetime
) -> tuple[FileState, Document]:
    document = document_of(folder, found, extract, seen=now)
    unread = "; ".join(extract.unread)
    return replace(_state(found), digest=document.digest, error=unread or None), document


def _state(found: FoundFile) -> FileState:
    return FileState(path=found.path, size=found.size, mtime_ns=found.mtime_ns)


def _log_unread(folder: Folder, taken: Iterable[tuple[FileState, Document | None]]) -> None:
    for file, document in taken:
        if file.error is None:
            continue
        where = {"source": folder.name, "path": file.path}
        if document is None:
            log.warning("file not read", extra={**where, "why": file.error})
        else:
            log.warning("file read in part", extra={**where, "unread": file.error})
