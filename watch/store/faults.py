"""What SQLite's errors mean to those who asked: try again later, or never again.

Told apart by the code that SQLite gives (sqlite.org/rescode.html), never by its words.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from watch.errors import StoreRefusedError, StoreUnavailableError, WatchError

_PRIMARY = 0xFF
"""The part of a code that names the kind; the rest says how it came about."""

_MAY_PASS = {
    sqlite3.SQLITE_FULL: "the disk is full; make room, and it goes on by itself",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written; see that it is sound and has room",
    sqlite3.SQLITE_BUSY: "another program holds it; end that program, or wait",
    sqlite3.SQLITE_LOCKED: "another program holds it; end that program, or wait",
    sqlite3.SQLITE_PROTOCOL: "another program holds it; end that program, or wait",
}
_HAS_NO_WAY_IN = {
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that its folder exists and may be written",
    sqlite3.SQLITE_READONLY: "cannot be written; check who owns it, and how its disk is mounted",
    sqlite3.SQLITE_PERM: "cannot be written; check who owns it, and how its disk is mounted",
}
_IS_DAMAGED = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
_NO_TEXT = "a text in it cannot be read"
_FAULTS = (sqlite3.Error, DBAPIError, UnicodeDecodeError)
_WAY_OUT = (
    "it was left as it is. Move it away, with its -wal and -shm, and put a backup in its place or "
    "begin anew"
)


def damaged(path: Path, why: object) -> StoreRefusedError:
    """Return the refusal of a database that is damaged, with the ways out."""
    return StoreRefusedError(f"{path}: damaged: {' '.join(str(why).split())}; {_WAY_OUT}")


def fault_of(error: BaseException | None, path: Path) -> WatchError | None:
    """Return what an error of the database at a path means; None for what is a fault of ours."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, UnicodeDecodeError):  # also where SQLite quotes what is damaged
        return damaged(path, _NO_TEXT)
    if not isinstance(original, sqlite3.Error):
        return None
    code = getattr(original, "sqlite_errorcode", None)
    if code is None:
        # Of the driver's own errors this class is that of a text that is not UTF-8. It quotes
        # the text, which is nothing for a log.
        is_foreign = type(original) is sqlite3.OperationalError
        return damaged(path, _NO_TEXT) if is_foreign else None
    kind, name = code & _PRIMARY, original.sqlite_errorname
    if kind in _IS_DAMAGED:
        return damaged(path, f"{original} ({name})")
    why = _MAY_PASS.get(kind) or _HAS_NO_WAY_IN.get(kind)
    return StoreUnavailableError(f"{path}: {why} ({name})") if why is not None else None


def lacks_room(error: BaseException | None) -> bool:
    """Whether an error may come of a full disk: a quota or a limit looks like a broken disk."""
    original = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(original, "sqlite_errorcode", 0) & _PRIMARY
    return code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise StoreUnavailableError for what may pass, StoreRefusedError for what will not.

    What is neither, a broken constraint for one, comes through as it is.
    """
    try:
        yield
    except _FAULTS as error:
        fault = fault_of(error, path)
        if fault is None:
            raise
        raise fault from error


@contextmanager
def translated_at_start(path: Path) -> Iterator[None]:
    """As `translated`, but refuse whatever will not pass while nobody does anything about it."""
    try:
        yield
    except _FAULTS as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        kind = getattr(original, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
        if kind in _HAS_NO_WAY_IN:
            raise StoreRefusedError(f"{path}: {_HAS_NO_WAY_IN[kind]}") from error
        raise (fault_of(error, path) or damaged(path, original)) from error
