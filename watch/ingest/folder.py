"""Folders: which files lie there, which of them stand still, and their bytes.

A scan is the truth. Links are not followed, so nothing outside a root is read.
"""

import errno
import os
import re
import stat
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from watch.core.model import Document
from watch.core.words.languages import primary_language
from watch.errors import NotReadableError, SourceError
from watch.ingest.extract import PLAIN_SUFFIXES, SUFFIXES, Extract, read_at_once
from watch.ingest.language import languages_of

STILL_S = 3.0
"""How long a file must not have changed before it is taken for whole, in seconds."""
MAX_BYTES = 50_000_000
"""How large a file may be, in bytes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENDINGS = tuple(SUFFIXES)
_LEFT_ALONE = re.compile(r"\..*|.*(?:\.part|\.tmp|\.crdownload|~)|#.*#", re.IGNORECASE | re.DOTALL)
"""Names of files that are hidden, half-written, or an editor's."""
# Controls, separators of lines, and what turns the direction of writing.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_OPEN = os.O_RDONLY | os.O_CLOEXEC
# Not to block: what was a file a moment ago may be a pipe by now.
_OPEN_FILE = _OPEN | os.O_NOFOLLOW | os.O_NONBLOCK
_OPEN_FOLDER = _OPEN | os.O_NOFOLLOW | os.O_DIRECTORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A configured folder."""

    name: str
    root: Path
    recursive: bool = True
    language: str | None = None
    """Of its files, when they do not say or say wrong."""
    backfill: bool = True
    """Whether what lies in it at first is news."""
    every: timedelta | None = None
    """How often it is scanned; None leaves that to how long a scan takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file that can be read, as a scan found it."""

    path: str
    """Below the root, with forward slashes, printable whatever its bytes are; steady."""
    size: int
    mtime_ns: int
    os_path: str = field(repr=False)
    """The same as the system knows it: bytes that are no UTF-8 are surrogates."""

    @property
    def suffix(self) -> str:
        """What `extract` chooses by, in lower case, with its dot."""
        return PurePosixPath(self.path).suffix.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What lies in a folder."""

    files: tuple[FoundFile, ...]
    """In the order of their paths."""
    unsupported: int
    """How many others there are: of other kinds, links, devices."""
    unreadable: tuple[tuple[str, str], ...]
    """Paths that could not be looked into, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """How a file looked, and since when, on a monotonic clock in seconds."""

    size: int
    mtime_ns: int
    since: float


def find_files(folder: Folder) -> Scan:
    """Return what lies in a folder now; about 100 ms for 10,000 files.

    Hidden and half-written files, and whole hidden folders, are as if they were not there.
    Raises SourceError when the root cannot be looked into; a sub-folder that cannot is a value.
    """
    files: list[FoundFile] = []
    unsupported = 0
    failures: list[tuple[str, OSError]] = []
    folders = [""]
    for below in folders:  # which grows on the way
        try:
            with os.scandir(folder.root / below) as entries:
                listed = [entry for entry in entries if not _LEFT_ALONE.fullmatch(entry.name)]
        except OSError as error:
            if not below:
                raise SourceError(_no_root(folder, error)) from error
            failures.append((below.rstrip("/"), error))
            continue
        for entry in listed:
            os_path = below + entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{os_path}/")
                elif _is_supported(entry):
                    files.append(_found(entry, os_path))
                else:
                    unsupported += 1
            except OSError as error:
                failures.append((os_path, error))
        if not folder.recursive:
            break
    # What is gone since it was listed is no failure.
    unreadable = ((path, error) for path, error in failures if error.errno != errno.ENOENT)
    return Scan(
        files=tuple(sorted(files, key=lambda file: file.path)),
        unsupported=unsupported,
        unreadable=tuple(sorted((printable(path), _reason(error)) for path, error in unreadable)),
    )


def still(
    observed: Mapping[str, Observation], scan: Scan, at: float, seconds: float = STILL_S
) -> tuple[tuple[FoundFile, ...], Mapping[str, Observation]]:
    """Return the files that have looked the same for so long, and what to compare with next.

    `observed` is what the call before gave back, at first nothing; `at` is a time on the same
    monotonic clock. A file that is gone is forgotten.
    """
    quiet: list[FoundFile] = []
    now_observed: dict[str, Observation] = {}
    for file in scan.files:
        seen = observed.get(file.path)
        if seen is None or (seen.size, seen.mtime_ns) != (file.size, file.mtime_ns):
            seen = Observation(size=file.size, mtime_ns=file.mtime_ns, since=at)
        now_observed[file.path] = seen
        if at - seen.since >= seconds:
            quiet.append(file)
    return tuple(quiet), now_observed


def old_enough(
    files: Iterable[FoundFile], now: datetime, seconds: float = STILL_S
) -> tuple[FoundFile, ...]:
    """Return the files that nobody is writing, as far as one look can tell.

    A time in the future is that of a wrong clock, not of a file just written; without this a
    file that is dated ahead would never be read.
    """
    now_ns = (now - _EPOCH) // timedelta(microseconds=1) * 1000
    least_ns = seconds * 1e9
    return tuple(file for file in files if abs(now_ns - file.mtime_ns) >= least_ns)


def load_file(folder: Folder, found: FoundFile) -> bytes:
    """Return a file's bytes, if it still is as it was found.

    Raises NotReadableError for one that is too large, SourceError for all else.
    """
    if found.size > MAX_BYTES:
        raise NotReadableError(f"larger than {MAX_BYTES // 1_000_000} MB; split it")
    try:
        with os.fdopen(_open_below(folder.root, found.os_path), "rb") as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise SourceError("no file any more; put a plain file in its place")
            content = file.read(found.size + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise SourceError(_reason(error)) from error
    as_found = (found.size, found.mtime_ns)
    if any((status.st_size, status.st_mtime_ns) != as_found for status in (before, after)):
        raise SourceError("changed while it was read; it is read once it stands still")
    return content


def read_files(folder: Folder, files: Iterable[FoundFile]) -> list[Extract | bytes | SourceError]:
    """Return what stands in each file, its bytes where that takes the sandbox, or why neither.

    To hand each plain text to a child and back would take ten times as long as to read it.
    """
    return [_read(folder, found) for found in files]


def _read(folder: Folder, found: FoundFile) -> Extract | bytes | SourceError:
    try:
        content = load_file(folder, found)
    except SourceError as error:
        return error
    is_plain = found.suffix in PLAIN_SUFFIXES
    return (read_at_once(content) if is_plain else None) or content


def document_of(folder: Folder, found: FoundFile, extract: Extract, *, seen: datetime) -> Document:
    """Return the document that a file is. Without a title it goes by its name.

    Its time is that which it tells itself, else that of its file; none is later than now.
    """
    title = extract.title or PurePosixPath(found.path).stem
    declared = primary_language(folder.language) or extract.language
    return Document(
        source=folder.name,
        key=found.path,
        title=title,
        text=extract.text,
        published=_earlier(extract.published or _moment(found.mtime_ns), seen),
        seen=seen,
        languages=languages_of(title, extract.text, declared=declared),
        is_degraded=bool(extract.unread),
    )


def printable(os_path: str) -> str:
    """Return a path of the system's as one that can be stored and shown.

    Bytes that are no UTF-8, controls and backslashes are escaped: different paths stay different.
    """
    if os_path.isascii() and os_path.isprintable() and "\\" not in os_path:
        return os_path
    doubled = os.fsencode(os_path.replace("\\", "\\\\"))
    text = doubled.decode("utf-8", "backslashreplace")
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _is_supported(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(_ENDINGS) and entry.is_file(follow_symlinks=False)


def _found(entry: os.DirEntry[str], os_path: str) -> FoundFile:
    status = entry.stat(follow_symlinks=False)
    return FoundFile(
        path=printable(os_path),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        os_path=os_path,
    )


def _open_below(root: Path, os_path: str) -> int:
    """Return a descriptor of a file, opened step by step so that no link can lead elsewhere."""
    *folders, name = os_path.split("/")
    with ExitStack() as opened:
        step = os.open(root, _OPEN | os.O_DIRECTORY)
        opened.callback(os.close, step)
        for part in folders:
            step = os.open(part, _OPEN_FOLDER, dir_fd=step)
            opened.callback(os.close, step)
        return os.open(name, _OPEN_FILE, dir_fd=step)


def _earlier(published: datetime | None, seen: datetime) -> datetime | None:
    return None if published is None else min(published, seen)


def _moment(mtime_ns: int) -> datetime | None:
    """Return a file's time; None for one that no calendar has."""
    try:
        return _EPOCH + timedelta(microseconds=mtime_ns // 1000)
    except OverflowError:
        return None


def _no_root(folder: Folder, error: OSError) -> str:
    where = f"folder {folder.name}: {folder.root}"
    match error.errno:
        case errno.ENOENT:
            return f"{where} does not exist; create it or mend its path in the configuration"
        case errno.ENOTDIR:
            return f"{where} is not a folder; mend its path in the configuration"
        case _:
            return f"{where}: {_reason(error)}"


def _reason(error: OSError) -> str:
    match error.errno:
        case errno.ENOENT:
            return "it is gone"
        case errno.EACCES | errno.EPERM:
            return "no permission to read it; grant it to the user the daemon runs as"
        case errno.ELOOP | errno.ENOTDIR:
            return "a link is in its way; links are not followed"
        case _:
            return (error.strerror or str(error)).lower()
