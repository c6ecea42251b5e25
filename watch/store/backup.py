"""A copy of the database, whole and consistent, made beside whoever writes to it.

    one moment of it ─► a file of another name ─► quick_check ─► the disk ─► its name

Readers do not hold writers up, so the moment lasts for as long as the copy takes; the log beside
the database grows meanwhile by what is written.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from watch.errors import StoreRefusedError, StoreUnavailableError
from watch.store.place import sync

Told = Callable[[int, int], None]
"""What hears how far a copy is: how many bytes are done, and of how many."""

_STEP_PAGES = 1_000
"""4 MB at a time: each goes to the disk by itself, for whoever else waits for that disk would wait
for all of a large copy."""


def back_up(database: Path, copy: Path, tell: Told) -> int:
    """Copy a database to a new file, for its owner alone; return the size in bytes.

    Raises StoreUnavailableError when there is no room, or a file of that name, and
    StoreRefusedError when the database is damaged; nothing is left behind then.
    """
    folder = copy.absolute().parent
    try:
        with closing(_opened(database)) as source:
            _check_room(source, folder)
            with _part_of(copy) as part:
                _copy(source, part, tell)
                _check(part, database)
                _name(part, copy)
        sync(folder)
        return copy.stat().st_size
    except OSError as error:
        what = f"{copy}: cannot be written: {error.strerror}; name a file in another folder"
        raise StoreUnavailableError(what) from error
    except sqlite3.OperationalError as error:
        raise StoreUnavailableError(f"{copy}: not written: {error}; try again") from error
    except sqlite3.DatabaseError as error:
        raise _damaged(database, str(error)) from error


def _damaged(database: Path, why: str) -> StoreRefusedError:
    what = f"{database}: damaged: {why}; no copy was made of it: keep the backups you have"
    return StoreRefusedError(what)


def _opened(database: Path) -> sqlite3.Connection:
    """Return the database at one moment, which stays the same until it is closed."""
    connection = sqlite3.connect(
        f"{database.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None
    )
    connection.execute("PRAGMA query_only = ON")
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_schema")
    return connection


def _check_room(source: sqlite3.Connection, folder: Path) -> None:
    (pages,) = source.execute("PRAGMA page_count").fetchone()
    (page_size,) = source.execute("PRAGMA page_size").fetchone()
    size, free = pages * page_size, shutil.disk_usage(folder).free
    if free < size:
        raise StoreUnavailableError(
            f"{folder}: {size / 1e6:,.1f} MB are to be written and {free / 1e6:,.1f} MB are free; "
            "name a file on another disk"
        )


@contextmanager
def _part_of(copy: Path) -> Iterator[Path]:
    """Yield a new file beside the copy, which is gone afterwards unless it got another name."""
    descriptor, name = tempfile.mkstemp(
        prefix=f".{copy.name}.", suffix=".part", dir=copy.absolute().parent
    )
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _copy(source: sqlite3.Connection, part: Path, tell: Told) -> None:
    (page_size,) = source.execute("PRAGMA page_size").fetchone()

    def go_on(_: int, left: int, total: int) -> None:
        sync(part)
        tell((total - left) * page_size, total * page_size)

    with closing(sqlite3.connect(part)) as target:
        # What is not whole is thrown away: it needs no journal, and goes to the disk as we say.
        target.execute("PRAGMA journal_mode = OFF")
        target.execute("PRAGMA synchronous = OFF")
        source.backup(target, pages=_STEP_PAGES, progress=go_on)
    sync(part)


def _check(part: Path, database: Path) -> None:
    # Immutable: it is looked at as it lies there, and no log is made beside it.
    uri = f"{part.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise _damaged(database, " ".join(answer.split()))


def _name(part: Path, copy: Path) -> None:
    """Give the finished file its name, unless another has it."""
    if copy.exists() or copy.is_symlink():
        raise StoreUnavailableError(f"{copy}: is there already; name another file")
    part.rename(copy)
