"""Writes that share a transaction: each claim of watch.store.writer, on a real database."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.patience import DEADLINE_S
from watch.errors import StoreUnavailableError
from watch.store.db import Store, Transaction

ROOT = Path(__file__).parents[2]
_ADD = text("INSERT INTO files VALUES ('s', :name, 1, 1, NULL, 0, NULL, NULL)")


def add(transaction: Transaction, name: str) -> str:
    transaction.execute(_ADD, {"name": name})
    return name


def add_and_fail(transaction: Transaction, name: str) -> str:
    add(transaction, name)
    raise ValueError(name)


def add_what_cannot_be_committed(transaction: Transaction, name: str) -> str:
    transaction.execute(text("PRAGMA defer_foreign_keys = ON"))
    transaction.execute(text("INSERT INTO mentions VALUES (7, 0, 'i', 'text', 0, 1, 't')"))
    return add(transaction, name)


def add_what_undoes_everything(transaction: Transaction, name: str) -> str:
    """Fail as SQLite does on a full disk: the whole transaction is rolled back."""
    add(transaction, name)
    transaction.execute(text(str(_ADD).replace("INSERT", "INSERT OR ROLLBACK")), {"name": name})
    raise AssertionError


async def names(store: Store) -> list[str]:
    return await store.read(lambda t: list(t.scalars(text("SELECT path FROM files ORDER BY path"))))


@asynccontextmanager
async def held(store: Store) -> AsyncIterator[None]:
    """Hold the writer's thread, so that what is written meanwhile waits, and then goes together."""
    is_held, may_go = threading.Event(), threading.Event()

    def hold(_: Transaction) -> None:
        is_held.set()
        assert may_go.wait(DEADLINE_S)

    holding = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(is_held.wait, 10)
    try:
        yield
    finally:
        may_go.set()
        await asyncio.gather(holding, return_exceptions=True)


async def together(store: Store, **writes: object) -> dict[str, object]:
    """Write all at once; return what each returned or raised."""
    async with held(store):
        tasks: list[asyncio.Task[object]] = [
            asyncio.create_task(store.write(function, name))  # type: ignore[arg-type]
            for name, function in writes.items()
        ]
        await asyncio.sleep(0)
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    return dict(zip(writes, answers, strict=True))


async def test_a_write_that_raises_is_undone_alone(store: Store) -> None:
    answers = await together(store, a=add, b=add_and_fail, c=add)
    assert (answers["a"], answers["c"]) == ("a", "c")
    assert isinstance(answers["b"], ValueError)
    assert await names(store) == ["a", "c"]


async def test_when_the_commit_fails_it_fails_for_all_and_nothing_is_kept(store: Store) -> None:
    answers = await together(store, a=add, b=add_what_cannot_be_committed, c=add, d=add_and_fail)
    assert [type(answers[name]) for name in "abc"] == [IntegrityError] * 3
    assert isinstance(answers["d"], ValueError)
    assert await names(store) == []
    assert await store.write(add, "later") == "later"
    assert await names(store) == ["later"]


async def test_when_the_database_undoes_everything_the_others_hear_of_it(store: Store) -> None:
    answers = await together(store, a=add, b=add_what_undoes_everything, c=add)
    assert isinstance(answers["a"], StoreUnavailableError)
    assert isinstance(answers["b"], IntegrityError)
    assert answers["c"] == "c"
    assert await names(store) == ["c"]


async def test_nobody_sees_a_part_of_what_is_written_together(store: Store) -> None:
    seen: set[int] = set()
    is_over = asyncio.Event()

    async def look() -> None:
        while not is_over.is_set():
            seen.add(len(await names(store)))

    looking = asyncio.create_task(look())
    await together(store, **{f"{n:02}": add for n in range(20)})
    is_over.set()
    await looking
    assert seen <= {0, 20}


async def test_whoever_gives_up_waiting_takes_nobody_along(store: Store) -> None:
    # The first begins the transaction that the others share.
    async with held(store):
        waiting = [asyncio.create_task(store.write(add, name)) for name in "abc"]
        await asyncio.sleep(0)
        waiting[0].cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == ["b", "c"]
    assert {"b", "c"} <= set(await names(store))


async def test_a_database_that_another_holds_is_waited_for_and_then_told_of(
    store: Store, tmp_path: Path
) -> None:
    impatient = Store.open(tmp_path / "watchlist.db", busy_s=0.05)
    async with held(store):
        for name in "ab":
            with pytest.raises(StoreUnavailableError, match=r"another program .*SQLITE_BUSY"):
                await impatient.write(add, name)
    assert await impatient.write(add, "c") == "c"
    impatient.close()
    assert await names(store) == ["c"]


_WRITING = """
import asyncio, sys
from pathlib import Path
from sqlalchemy import text
from watch.store.db import Store

def add(transaction, name):
    transaction.execute(
        text("INSERT INTO files VALUES ('s', :name, 1, 1, NULL, 0, NULL, NULL)"), {"name": name}
    )

async def write(store, name):
    await store.write(add, name)
    print(name, flush=True)

async def main():
    store = Store.open(Path(sys.argv[1]))
    for start in range(0, 100_000, 20):
        await asyncio.gather(*(write(store, str(start + n)) for n in range(20)))

asyncio.run(main())
"""


def _answered_until_killed(path: Path) -> list[str]:
    """Return the names that a process had kept, as far as it knew, when it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITING, str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        answered = [process.stdout.readline().strip()]
        time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
        # A line that the kill cut short has no end.
        return answered + [line.strip() for line in process.stdout if line.endswith("\n")]


async def test_what_was_answered_survives_a_kill(store: Store, tmp_path: Path) -> None:
    answered = await asyncio.to_thread(_answered_until_killed, tmp_path / "watchlist.db")
    assert len(answered) > 1
    assert set(answered) <= set(await names(store))
