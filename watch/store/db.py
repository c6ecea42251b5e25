"""One SQLite database: one writer thread, readers beside it, short transactions.

Writers begin with BEGIN IMMEDIATE: a transaction that reads and then writes must hold the lock
from the start, or SQLite refuses it half-way, or an update is lost without a word.
"""

import asyncio
import importlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar, TypeVarTuple

from sqlalchemy import (
    URL,
    BindParameter,
    Connection,
    Engine,
    Row,
    Select,
    bindparam,
    create_engine,
    event,
    text,
)
from sqlalchemy import inspect as tables_of
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from watch.errors import StoreRefusedError, StoreUnavailableError
from watch.store.faults import lacks_room, translated, translated_at_start
from watch.store.inspection import inspect, look_through, open_to_look
from watch.store.place import Place, check_place
from watch.store.space import LEAST_FREE_BYTES, Space
from watch.store.tables import make_tables
from watch.store.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")
Columns = TypeVarTuple("Columns")

Transaction = Connection
"""What a function of this room works in; begun and ended by `Store.write` and `Store.read`."""

AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"
"""A row of any statement."""

SCHEMA = "0005"
"""The newest revision under migrations/; what an older database is brought to."""

MOST_VALUES = 1_000
"""How many values one statement asks for; a database takes a limited number of them."""

BUSY_S = 30.0
"""How long a lock of another program is waited for."""


class Store:
    """The database of one state directory.

    Whatever is asked of it raises StoreUnavailableError for what may pass - a full disk, a lock
    that another program holds - and StoreRefusedError for what will not.
    """

    def __init__(
        self,
        path: Path,
        writing: Engine | None,
        reading: Engine,
        *,
        space: Space | None = None,
        was_looked_through: bool = False,
    ) -> None:
        self.was_looked_through = was_looked_through
        """Whether all its pages were found to be sound when it was opened."""
        self._path = path
        self._place = Place(path)
        self._space = space or Space(path)
        self._writer = Writer(writing) if writing is not None else None
        self._reading = reading
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="store-reader")

    @classmethod
    def open(
        cls, path: Path, *, busy_s: float = BUSY_S, least_free: int = LEAST_FREE_BYTES
    ) -> "Store":
        """Return the database at a path, made or brought up to date where need be.

        `busy_s` is how long a lock of another program is waited for, `least_free` how many bytes
        the disk must have for a mail to be begun. Raises StoreRefusedError when it cannot be kept
        there, is no database of ours, damaged, or newer than this program: it is then left as it
        is. Raises StoreUnavailableError when it may be opened later.
        """
        check_place(path)
        # Read alone: what is refused is left as it is.
        found = inspect(path, schema=SCHEMA) if path.exists() else None
        revision = found.revision if found is not None else None
        writing = _writing_engine(path, busy_s)
        try:
            with translated_at_start(path), writing.connect() as connection:
                if revision is None:
                    make_tables(connection, SCHEMA)
                    connection.commit()
                elif revision != SCHEMA:
                    # Alembic takes a quarter of a second to load, and is needed rarely.
                    migrate = importlib.import_module("watch.store.migrate").migrate
                    migrate(connection, path, revision)
        except (StoreRefusedError, StoreUnavailableError):
            writing.dispose()
            raise
        return cls(
            path,
            writing,
            _reading_engine(path, busy_s),
            space=Space(path, least_free),
            was_looked_through=found is None or found.is_thorough,
        )

    @classmethod
    def open_to_read(cls, path: Path) -> "Store":
        """Return the database at a path as another process keeps it; nothing is written.

        Raises StoreRefusedError when there is none, or not one of this version.
        """
        return cls(path, None, _known_engine(path))

    @classmethod
    def open_beside(cls, path: Path) -> "Store":
        """Return the database for short writes beside the process that keeps it, or without one.

        Each write waits its turn: BEGIN IMMEDIATE is what keeps two writers apart. It is neither
        looked through nor brought up to date. Raises StoreRefusedError as `open_to_read` does.
        """
        reading = _known_engine(path)
        return cls(path, _writing_engine(path, BUSY_S), reading)

    async def write(
        self,
        function: Callable[Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return what the function returns, done on the writer's thread and committed.

        Nothing of it happened when it raises. It may share its transaction with others that wait
        at the same time; that shows in nothing but the time it takes. After the disk was full it
        raises StoreUnavailableError until there is room again: what is left is for `record`.
        """
        if self._space.is_out:
            await self.check_room()
        return await self.record(function, *args, **kwargs)

    async def record(
        self,
        function: Callable[Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Do as `write` does, also from the last room on the disk: for what happened outside."""
        if self._writer is None:
            raise RuntimeError("this store was opened to read")

        def act(transaction: Transaction) -> T:
            return function(transaction, *args, **kwargs)

        try:
            with translated(self._path):
                return await self._writer.write(act)
        except StoreUnavailableError as error:
            if lacks_room(error.__cause__):
                await asyncio.to_thread(self._space.run_out)
            raise

    async def read(
        self,
        function: Callable[Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return what the function reads, from one unchanging state of the database."""

        def act() -> T:
            with translated(self._path), self._reading.begin() as connection:
                return function(connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._readers, act)

    def check_in_place(self) -> None:
        """Raise StoreRefusedError when the database's files are gone, or others in their place."""
        self._place.check()

    async def check_room(self) -> None:
        """Raise StoreUnavailableError when the disk has no room for anything new."""
        await asyncio.to_thread(self._space.check)

    async def keep_ballast(self) -> None:
        """Make the ballast where it is missing; StoreUnavailableError when there is no room."""
        await asyncio.to_thread(self._space.keep_ballast)

    async def look_through(self) -> None:
        """Raise StoreRefusedError when a page is damaged; others go on reading and writing."""
        connection = open_to_look(self._path)
        try:
            await asyncio.to_thread(look_through, connection, self._path)
        finally:
            with suppress(sqlite3.ProgrammingError):  # it is closed, unless nobody waits any more
                connection.interrupt()

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
        # All at once: row by row takes longer.
        yield from transaction.execute(statement, {"values": part, **others}).all()


_READER_PRAGMAS = ("PRAGMA query_only = ON",)
_WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # What a long read made the log grow by is given back to the disk.
    "PRAGMA journal_size_limit = 67108864",
)


def _known_engine(path: Path) -> Engine:
    """Return what reads a database of this version; refuse any other, and none."""
    if not path.exists():
        raise StoreRefusedError(
            f"{path}: there is no database yet; start `watchlist run` or `watchlist once`"
        )
    reading = _reading_engine(path, BUSY_S)
    try:
        with translated_at_start(path), reading.connect() as connection:
            _check_revision(connection, path)
    except (StoreRefusedError, StoreUnavailableError):
        reading.dispose()
        raise
    return reading


def _reading_engine(path: Path, busy_s: float) -> Engine:
    return _engine(path, busy_s, begin="BEGIN", pragmas=_READER_PRAGMAS)


def _writing_engine(path: Path, busy_s: float) -> Engine:
    return _engine(path, busy_s, begin="BEGIN IMMEDIATE", pragmas=_WRITER_PRAGMAS)


def _engine(path: Path, busy_s: float, *, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # whatever signs the path has
        # Without an isolation level of its own the driver leaves BEGIN to us.
        connect_args={"isolation_level": None, "timeout": busy_s},
        hide_parameters=True,  # an error goes to the log, and they are documents and addresses
    )

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


def _check_revision(connection: Connection, path: Path) -> None:
    revision = None
    if tables_of(connection).has_table("alembic_version"):
        revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision != SCHEMA:
        raise StoreRefusedError(
            f"{path}: its schema is {revision or 'none'}, this program reads {SCHEMA}; "
            "run the same version that keeps it"
        )
