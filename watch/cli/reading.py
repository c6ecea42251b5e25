"""What a person names - files, folders, feeds, addresses - read as the daemon would read it.

name ─► source ─► parts, each with its documents and failures, in the order of the names
"""

import asyncio
import errno
import os
import re
import stat
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from watch.core.model import Document, Validators
from watch.errors import NotReadableError, SourceError
from watch.ingest.extract import SUFFIXES, extract
from watch.ingest.feed import Feed, ParsedFeed, load_feed, parse_feed
from watch.ingest.feed import document_of as entry_document
from watch.ingest.folder import Folder, FoundFile, find_files, load_file, printable
from watch.ingest.folder import document_of as file_document
from watch.ingest.sandbox import Sandbox
from watch.ingest.web import CONNECT_S, DECODED_BYTES, Limits, NotModified, Web, WebSettings
from watch.ingest.web.addresses import Network

AHEAD = 16
"""How many files and feeds are on their way at once."""
FEED_SUFFIXES = frozenset({".atom", ".json", ".rdf", ".rss", ".xml"})
"""The suffixes of files that are read as feeds; those of no known suffix are tried as one."""
EVERYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
"""The networks in which an address may lie that its reader vouches for."""

_AS_IT_COMES = WebSettings()
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file that somebody named, wherever it lies."""

    name: str
    """As it was named."""
    folder: Folder
    """The folder it lies in, as a source."""
    found: FoundFile


Source = Folder | Feed | File


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRead:
    """A source, or a file of one, that could not be read."""

    source: str
    key: str | None
    """None when the whole source could not be read."""
    kind: str
    """`not_readable`: the bytes are not what they claim to be; `not_read`: they could not be had;
    `in_part`: the rest of the document was read; `failed`: the reader is at fault."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one step of reading brought: a feed, a file, a look at what lies in a folder."""

    source: str
    title: str | None = None
    """A feed's."""
    documents: tuple[Document, ...] = ()
    failures: tuple[NotRead, ...] = ()
    unsupported: int = 0
    """How many other files lie in a folder."""

    @property
    def is_read(self) -> bool:
        """Whether the source could be read, if not all that is in it."""
        return all(failure.key is not None for failure in self.failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """What reading needs."""

    web: Web
    sandbox: Sandbox


async def read_sources(
    sources: Iterable[Source | NotRead],
    tell: Callable[[Part], None],
    *,
    seconds: float,
    settings: WebSettings = _AS_IT_COMES,
) -> None:
    """Read sources and tell of them part by part, in their order; no failure is raised.

    `seconds` is how long one address may take, `settings` how the web is asked. Held in memory at
    a time are `AHEAD` parts.
    """
    limits = Limits(connect_s=min(CONNECT_S, seconds), whole_s=seconds)
    web = Web(settings, limits=limits)
    ahead: deque[asyncio.Task[Part]] = deque()
    with Sandbox() as sandbox:
        try:
            async for work in _works(sources, _Reader(web=web, sandbox=sandbox)):
                ahead.append(asyncio.create_task(work))
                if len(ahead) == AHEAD:
                    # In a thread: a slow reader of a pipe must not make an address seem slow.
                    await asyncio.to_thread(tell, await ahead.popleft())
            while ahead:
                await asyncio.to_thread(tell, await ahead.popleft())
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)


def source_named(name: str, *, allow_private: bool) -> Source | NotRead:
    """Return what somebody names: an address is that of a feed, a path is looked at."""
    if _ADDRESS.match(name):
        return Feed(name=name, url=name, allow_private=EVERYWHERE if allow_private else ())
    try:
        status = os.stat(name)  # noqa: PTH116 - Path("") is the current folder
    except OSError as error:
        return NotRead(source=name, key=None, kind="not_read", text=_reason(name, error))
    # It was named by its owner, so links on the way to it are followed.
    path = Path(os.path.realpath(name))
    if stat.S_ISDIR(status.st_mode):
        return Folder(name=name, root=path)
    if not stat.S_ISREG(status.st_mode):
        text = "no plain file; save what it holds to one"
        return NotRead(source=name, key=None, kind="not_read", text=text)
    found = FoundFile(
        path=printable(Path(name).name),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        os_path=path.name,
    )
    folder = Folder(name=name, root=path.parent, recursive=False)
    return File(name=name, folder=folder, found=found)


def _reason(name: str, error: OSError) -> str:
    match error.errno:
        case errno.ENOENT if "://" in name:
            return "neither a path nor an address that begins with http:// or https://"
        case errno.ENOENT:
            return "no such file or folder; check the path"
        case _:
            return f"cannot be read: {(error.strerror or str(error)).lower()}"


_Work = Coroutine[Any, Any, Part]


async def _works(sources: Iterable[Source | NotRead], reader: _Reader) -> AsyncIterator[_Work]:
    """Yield the steps of reading, ready to begin; a folder is a look, then a step for each file."""
    for source in sources:
        match source:
            case NotRead():
                yield _told(Part(source=source.source, failures=(source,)))
            case Feed():
                yield _guarded(source.name, None, _read_feed(reader, source))
            case File():
                yield _guarded(source.name, None, _read_named(reader, source))
            case Folder():
                look, files = await _look(source)
                yield _told(look)
                for found in files:
                    yield _guarded(source.name, found.path, _read_file(reader, source, found))


async def _told(part: Part) -> Part:
    return part


async def _guarded(source: str, key: str | None, work: _Work) -> Part:
    """Return what reading brings, or why it brought nothing."""
    try:
        return await work
    except NotReadableError as error:
        kind, text = "not_readable", str(error)
    except SourceError as error:
        kind, text = "not_read", str(error)
    except Exception as error:  # noqa: BLE001 - one of hundreds must not take the others with it
        kind, text = "failed", f"the reader failed on it ({type(error).__name__}: {error})"
    return Part(source=source, failures=(NotRead(source=source, key=key, kind=kind, text=text),))


async def _look(folder: Folder) -> tuple[Part, tuple[FoundFile, ...]]:
    """Return what a look at a folder shows, and the files to read."""
    try:
        scan = await asyncio.to_thread(find_files, folder)
    except SourceError as error:
        failure = NotRead(source=folder.name, key=None, kind="not_read", text=str(error))
        return Part(source=folder.name, failures=(failure,)), ()
    failures = (
        NotRead(source=folder.name, key=path, kind="not_read", text=why)
        for path, why in scan.unreadable
    )
    look = Part(source=folder.name, failures=tuple(failures), unsupported=scan.unsupported)
    return look, scan.files


async def _read_feed(reader: _Reader, feed: Feed) -> Part:
    loaded = await load_feed(reader.web, reader.sandbox, feed, Validators())
    if isinstance(loaded, NotModified):
        raise SourceError("answered that nothing is new, though it was not asked that way")
    return _entries(feed, loaded[0])


def _entries(feed: Feed, parsed: ParsedFeed) -> Part:
    now = datetime.now(UTC)
    documents = tuple(entry_document(feed, entry, seen=now) for entry in parsed.entries)
    return Part(source=feed.name, title=parsed.title, documents=documents)


async def _read_named(reader: _Reader, file: File) -> Part:
    """Return what is in a file: entries when it is a feed, else one document."""
    suffix = file.found.suffix
    if suffix in SUFFIXES - FEED_SUFFIXES:
        return await _read_file(reader, file.folder, file.found)
    if file.found.size > DECODED_BYTES:
        raise NotReadableError(f"larger than a feed may be, {DECODED_BYTES // 1_000_000} MB")
    content = await asyncio.to_thread(load_file, file.folder, file.found)
    try:
        parsed = await reader.sandbox.run(parse_feed, content, url="", content_type=None)
    except NotReadableError:
        if suffix in FEED_SUFFIXES - SUFFIXES:
            raise
        return await _read_file(reader, file.folder, file.found)
    return _entries(Feed(name=file.name, url=""), parsed)


async def _read_file(reader: _Reader, folder: Folder, found: FoundFile) -> Part:
    content = await asyncio.to_thread(load_file, folder, found)
    extracted = await reader.sandbox.run(extract, content, suffix=found.suffix)
    document = file_document(folder, found, extracted, seen=datetime.now(UTC))
    missing = tuple(
        NotRead(source=folder.name, key=found.path, kind="in_part", text=f"read in part: {unread}")
        for unread in extracted.unread
    )
    return Part(source=folder.name, documents=(document,), failures=missing)
