"""Writes that wait at the same time share one transaction, for each COMMIT waits for the disk.

    write ─► SAVEPOINT, its function, RELEASE ──┐
    write ─► SAVEPOINT, raises, ROLLBACK TO     ├─► COMMIT ─► the first and the third return
    write ─► SAVEPOINT, its function, RELEASE ──┘

Nobody is answered before the COMMIT, and when that fails it fails for all of them.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection, Engine

from watch.errors import StoreUnavailableError

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Shared:
    """A transaction of several writes."""

    connection: Connection
    committed: Future[None] = field(default_factory=Future)
    is_lost: bool = False
    """Whether the database undid all of it when one of the writes failed."""


class Writer:
    """The one thread that writes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._shared: _Shared | None = None
        """What is open; the thread's own."""

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Return what the function returns, once that is committed; undone when it raises."""
        loop = asyncio.get_running_loop()
        value, committed = await loop.run_in_executor(self._thread, self._do, function)
        # Whoever is cancelled here must not cancel the COMMIT of the others.
        await asyncio.shield(asyncio.wrap_future(committed))
        return value

    def close(self) -> None:
        """End the thread and close the files; what has begun is committed."""
        self._thread.shutdown()
        self._engine.dispose()

    def _do(self, function: Callable[[Connection], T]) -> tuple[T, Future[None]]:
        shared = self._shared or self._begin()
        is_done = False
        driver = _driver_of(shared.connection)
        driver.execute("SAVEPOINT one")
        try:
            value = function(shared.connection)
            driver.execute("RELEASE one")
            is_done = True
        finally:
            if not is_done:
                self._undo(shared)
        return value, shared.committed

    def _begin(self) -> _Shared:
        """Open a transaction, which ends once all that waits by now is done."""
        shared = _Shared(self._engine.connect())
        # The thread does one thing after the other: what waits already comes before this.
        shared.committed = self._thread.submit(self._commit, shared)
        shared.connection.begin()
        self._shared = shared
        return shared

    def _undo(self, shared: _Shared) -> None:
        """Undo one write alone; where the database undid all, the others are to hear of it."""
        driver = _driver_of(shared.connection)
        is_undone = False
        try:
            # A full disk, for one, makes SQLite roll the whole transaction back.
            if driver.in_transaction:
                driver.execute("ROLLBACK TO one")
                driver.execute("RELEASE one")
                is_undone = True
        finally:
            if not is_undone:
                shared.is_lost = True
                self._shared = None

    def _commit(self, shared: _Shared) -> None:
        if self._shared is shared:
            self._shared = None
        with shared.connection as connection:
            try:
                if shared.is_lost:
                    raise StoreUnavailableError(
                        "the database undid this as well when another write failed; try again"
                    )
                connection.commit()
            finally:
                # A COMMIT that fails leaves its transaction open.
                connection.rollback()


def _driver_of(connection: Connection) -> sqlite3.Connection:
    """Return what SQLAlchemy itself asks: for a word that it knows nothing of, 10 times faster."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # it is connected
    return driver
