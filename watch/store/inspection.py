"""A look through a database that changes nothing of it: whether it is whole, and ours."""

import sqlite3
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from watch.errors import StoreRefusedError
from watch.store.faults import damaged, translated, translated_at_start
from watch.store.tables import metadata

MOST_BYTES = 1 << 30
"""Up to this size a database is looked through at every start, at 1 ms a MB."""

_COLUMNS = (
    "SELECT tables.name, columns.name FROM sqlite_schema AS tables, "
    "pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a look at a database showed."""

    revision: str | None
    """Of its schema; None when it is empty."""
    is_thorough: bool
    """Whether all its pages were looked through."""


def inspect(path: Path, *, schema: str, most_bytes: int = MOST_BYTES) -> Inspection:
    """Return what a database is; raise StoreRefusedError when it is damaged, newer or not ours.

    `schema` is the newest revision that is known. A database of more than `most_bytes` is looked
    through only where its last process died.
    """
    has_log = _has_log(path)
    is_thorough = has_log or path.stat().st_size <= most_bytes
    with translated_at_start(path), closing(_open(path, has_log=has_log)) as connection:
        if is_thorough:
            _check_pages(connection, path)
        columns: dict[str, set[str]] = {}
        for table, column in connection.execute(_COLUMNS):
            columns.setdefault(table, set()).add(column)
        revision = _revision(connection, columns)
    if revision is not None:
        _check_revision(revision, schema, path)
    if revision == schema:
        _check_columns(columns, path)
    return Inspection(revision=revision, is_thorough=is_thorough)


def open_to_look(path: Path) -> sqlite3.Connection:
    """Return a connection for `look_through`; any thread may interrupt it."""
    with translated(path):
        return _open(path, has_log=True)


def look_through(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StoreRefusedError when a page of the database is damaged; close the connection.

    Holds up neither readers nor the writer, but for the disk: 1 ms a MB once it is in memory.
    """
    with translated(path), closing(connection):
        _check_pages(connection, path)


def _has_log(path: Path) -> bool:
    """Whether a write-ahead log lies beside a database: its last process died, or one runs."""
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _open(path: Path, *, has_log: bool) -> sqlite3.Connection:
    # Who may write would write the log into the database at the end, also into a damaged one.
    # Without a log nothing but the file is looked at, and nothing is made beside it.
    mode = "?mode=ro" if has_log else "?mode=ro&immutable=1"
    uri = path.absolute().as_uri() + mode
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise damaged(path, answer)


def _revision(
    connection: sqlite3.Connection, columns: Mapping[str, AbstractSet[str]]
) -> str | None:
    """Return what says of which revision the schema is; None when the database is empty."""
    if not columns:
        return None
    if "version_num" not in columns.get("alembic_version", ()):
        return ""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row is not None else ""


def _check_revision(revision: str, schema: str, path: Path) -> None:
    if not revision:
        raise StoreRefusedError(f"{path}: a database of something else; name another state folder")
    if not (revision.isdecimal() and len(revision) == len(schema)):
        raise damaged(path, f"it says to be of schema {revision!r}")
    if revision > schema:
        raise StoreRefusedError(
            f"{path}: was written by a newer version (schema {revision}, this program knows "
            f"{schema}); run that version"
        )


def _check_columns(columns: Mapping[str, AbstractSet[str]], path: Path) -> None:
    """Refuse a schema that says something else than it should; a look at the pages is blind to."""
    for name, table in metadata.tables.items():
        for column in {one.name for one in table.columns} - columns.get(name, frozenset()):
            raise damaged(path, f"{name} has no {column}")
