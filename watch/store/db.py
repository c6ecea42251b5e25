"""One SQLite database: one writer thread, readers beside it, short transactions.

Writers begin with BEGIN IMMEDIATE: a transaction that reads and then writes must hold the lock
from the start, or SQLite refuses it half-way, or an update is lost without a word.
"""

import asyncio
import importlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar, TypeVarTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    Engine,
    Row,
    Select,
    bindparam,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from watch.errors import StoreRefusedError
from watch.store.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")
Columns = TypeVarTuple("Columns")

Transaction = Connection
"""What a function of this room works in; begun and ended by `Store.write` and `Store.read`."""

AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"
"""A row of any statement."""

SCHEMA = "0004"
"""The newest revision under migrations/; what an older database is brought to."""

MOST_VALUES = 1_000
"""How many values one statement asks for; a database takes a limited number of them."""

_BUSY_S = 30
"""How long a lock of another program is waited for."""


class Store:
    """The database of one state directory."""

    def __init__(self, writing: Engine | None, reading: Engine) -> None:
        self._writer = Writer(writing) if writing is not None else None
        self._reading = reading
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="store-reader")

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Return the database at a path, made or brought up to date where need be.

        Raises StoreRefusedError when it is no database of ours, damaged, or newer than this
        program.
        """
        reading = _reading_engine(path)
        writing = _writing_engine(path)
        try:
            with _refusals(path):
                if path.exists():
                    # Read alone: what is refused is left as it is.
                    with reading.connect() as connection:
                        _check(connection, path)
                with writing.connect() as connection:
                    if _revision(connection) != SCHEMA:
                        # Alembic takes a quarter of a second to load, and is needed rarely.
                        importlib.import_module("watch.store.migrate").migrate(connection)
        except StoreRefusedError:
            reading.dispose()
            writing.dispose()
            raise
        return cls(writing, reading)

    @classmethod
    def open_to_read(cls, path: Path) -> "Store":
        """Return the database at a path as another process keeps it; nothing is written.

        Raises StoreRefusedError when there is none, or not one of this version.
        """
        return cls(None, _known_engine(path))

    @classmethod
    def open_beside(cls, path: Path) -> "Store":
        """Return the database for short writes beside the process that keeps it, or without one.

        Each write waits its turn: BEGIN IMMEDIATE is what keeps two writers apart. It is neither
        looked through nor brought up to date. Raises StoreRefusedError as `open_to_read` does.
        """
        reading = _known_engine(path)
        return cls(_writing_engine(path), reading)

    async def write(
        self,
        function: Callable[Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return what the function returns, done on the writer's thread and committed.

        Nothing of it happened when it raises. It may share its transaction with others that wait
        at the same time; that shows in nothing but the time it takes.
        """
        if self._writer is None:
            raise RuntimeError("this store was opened to read")

        def act(transaction: Transaction) -> T:
            return function(transaction, *args, **kwargs)

        return await self._writer.write(act)

    async def read(
        self,
        function: Callable[Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return what the function reads, from one unchanging state of the database."""

        def act() -> T:
            with self._reading.begin() as connection:
                return function(connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._readers, act)

    def close(self) -> None:
        """End the threads and close the files; what was committed stays."""
        if self._writer is not None:
            self._writer.close()
        self._readers.shutdown()
        self._reading.dispose()


VALUES: BindParameter[object] = bindparam("values", expanding=True)
"""What stands in a statement for the values that `rows_for` asks for."""


def rows_for(
    transaction: Transaction,
    statement: Select[*Columns],
    values: Iterable[object],
    **others: object,
) -> Iterator[Row[*Columns]]:
    """Yield the rows of a statement with VALUES in it, as many values at once as it may have."""
    left = iter(values)
    while part := list(islice(left, MOST_VALUES)):
        yield from transaction.execute(statement, {"values": part, **others})


_READER_PRAGMAS = (f"PRAGMA busy_timeout = {_BUSY_S * 1000}", "PRAGMA query_only = ON")
_WRITER_PRAGMAS = (
    f"PRAGMA busy_timeout = {_BUSY_S * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)


def _known_engine(path: Path) -> Engine:
    """Return what reads a database of this version; refuse any other, and none."""
    if not path.exists():
        raise StoreRefusedError(
            f"{path}: there is no database yet; start `watchlist run` or `watchlist once`"
        )
    reading = _reading_engine(path)
    try:
        with _refusals(path), reading.connect() as connection:
            _check_revision(_revision(connection), path)
    except StoreRefusedError:
        reading.dispose()
        raise
    return reading


def _reading_engine(path: Path) -> Engine:
    return _engine(path, begin="BEGIN", pragmas=_READER_PRAGMAS)


def _writing_engine(path: Path) -> Engine:
    return _engine(path, begin="BEGIN IMMEDIATE", pragmas=_WRITER_PRAGMAS)


def _engine(path: Path, *, begin: str, pragmas: tuple[str, ...]) -> Engine:
    # Without an isolation level of its own the driver leaves BEGIN to us.
    engine = create_engine(f"sqlite:///{path}", connect_args={"isolation_level": None})

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin_ourselves(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn what SQLite says of a file it cannot use into words and a way out."""
    try:
        yield
    except OperationalError as error:
        raise StoreRefusedError(
            f"{path}: cannot be opened: {error.orig}; check that the folder exists, "
            "that it may be written, and that the disk is not full"
        ) from error
    except DatabaseError as error:
        raise StoreRefusedError(_DAMAGED.format(path=path, why=error.orig)) from error


_DAMAGED = (
    "{path}: damaged: {why}; it was left as it is. Put a backup in its place, or move it away "
    "to begin anew"
)


def _check(connection: Connection, path: Path) -> None:
    """Refuse a damaged database, and one that this program does not know."""
    answer = connection.scalar(text("PRAGMA quick_check(1)"))
    if answer != "ok":
        raise StoreRefusedError(_DAMAGED.format(path=path, why=answer))
    revision = _revision(connection)
    if revision is not None and revision > SCHEMA:
        raise StoreRefusedError(
            f"{path}: was written by a newer version (schema {revision}, this program knows "
            f"{SCHEMA}); run that version"
        )
    if revision is None and inspect(connection).get_table_names():
        raise StoreRefusedError(f"{path}: a database of something else; name another state folder")


def _check_revision(revision: str | None, path: Path) -> None:
    if revision != SCHEMA:
        raise StoreRefusedError(
            f"{path}: its schema is {revision or 'none'}, this program reads {SCHEMA}; "
            "run the same version that keeps it"
        )


def _revision(connection: Connection) -> str | None:
    """Return the schema's revision; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
