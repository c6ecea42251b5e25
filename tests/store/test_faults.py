import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from watch.errors import StoreRefusedError, StoreUnavailableError
from watch.store.db import Store, Transaction
from watch.store.faults import fault_of, lacks_room, translated_at_start

PATH = Path("/state/watchlist.db")


def _error(name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError("its words do not count")
    error.sqlite_errorname = name
    error.sqlite_errorcode = getattr(sqlite3, name)
    return error


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SQLITE_FULL", "the disk is full; make room"),
        ("SQLITE_IOERR_WRITE", "the disk cannot be read or written"),
        ("SQLITE_IOERR_FSYNC", "the disk cannot be read or written"),
        ("SQLITE_BUSY_SNAPSHOT", "another program holds it"),
        ("SQLITE_LOCKED", "another program holds it"),
        ("SQLITE_PROTOCOL", "another program holds it"),
        ("SQLITE_CANTOPEN_ISDIR", "cannot be opened"),
        ("SQLITE_READONLY_DIRECTORY", "cannot be written"),
        ("SQLITE_PERM", "cannot be written"),
    ],
)
def test_what_may_pass_says_what_and_which_and_what_to_do(name: str, words: str) -> None:
    fault = fault_of(_error(name), PATH)
    assert isinstance(fault, StoreUnavailableError)
    assert str(fault).startswith(f"/state/watchlist.db: {words}")
    assert str(fault).endswith(f"({name})")


@pytest.mark.parametrize("name", ["SQLITE_CORRUPT_VTAB", "SQLITE_CORRUPT", "SQLITE_NOTADB"])
def test_damage_does_not_pass(name: str) -> None:
    fault = fault_of(_error(name), PATH)
    assert isinstance(fault, StoreRefusedError)
    assert "put a backup in its place" in str(fault)


@pytest.mark.parametrize(
    "error",
    [
        None,
        ValueError("a fault of ours"),
        sqlite3.ProgrammingError("of the driver"),
        _error("SQLITE_CONSTRAINT_UNIQUE"),
        _error("SQLITE_ERROR"),
    ],
)
def test_what_is_a_fault_of_ours_is_none_of_the_database(error: Exception | None) -> None:
    assert fault_of(error, PATH) is None


def test_a_quota_or_a_limit_looks_like_a_broken_disk() -> None:
    names = ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_BUSY", "SQLITE_CORRUPT"]
    assert [lacks_room(_error(name)) for name in names] == [True, True, False, False]
    assert not lacks_room(None)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_CANTOPEN", StoreRefusedError),
        ("SQLITE_READONLY", StoreRefusedError),
        ("SQLITE_ERROR", StoreRefusedError),
        ("SQLITE_CORRUPT", StoreRefusedError),
        ("SQLITE_FULL", StoreUnavailableError),
        ("SQLITE_BUSY", StoreUnavailableError),
    ],
)
def test_at_the_start_only_what_passes_by_itself_may_be_tried_again(
    name: str, kind: type[Exception]
) -> None:
    with pytest.raises(kind), translated_at_start(PATH):
        raise _error(name)


def _allow_no_page_more(transaction: Transaction) -> None:
    pages = transaction.scalar(text("PRAGMA page_count"))
    transaction.execute(text(f"PRAGMA max_page_count = {pages}"))


def _add_files(transaction: Transaction, count: int = 1000) -> None:
    rows = [{"path": f"{'p' * 200}{number}"} for number in range(count)]
    transaction.execute(
        text("INSERT INTO files VALUES ('s', :path, 1, 1, NULL, 0, NULL, NULL)"), rows
    )


async def test_a_full_database_may_be_written_later(store: Store) -> None:
    await store.write(_allow_no_page_more)
    with pytest.raises(StoreUnavailableError, match="SQLITE_FULL"):
        await store.write(_add_files)
    assert await store.read(lambda t: t.scalar(text("SELECT count(*) FROM files"))) == 0
    await store.write(lambda t: t.execute(text("PRAGMA max_page_count = 1000000")).close())
    await store.write(_add_files)
    assert await store.read(lambda t: t.scalar(text("SELECT count(*) FROM files"))) == 1000


def _put_what_is_no_text(transaction: Transaction) -> None:
    transaction.execute(
        text("INSERT INTO files VALUES ('s', CAST(x'c3ff' AS TEXT), 1, 1, NULL, 0, NULL, NULL)")
    )


async def test_a_text_that_cannot_be_read_is_damage_and_is_not_quoted(store: Store) -> None:
    await store.write(_put_what_is_no_text)
    with pytest.raises(StoreRefusedError, match="a text in it cannot be read"):
        await store.read(lambda t: t.execute(text("SELECT path FROM files")).fetchall())


def _break_a_constraint(transaction: Transaction) -> None:
    for _ in range(2):
        _add_files(transaction, 1)


def _misspell(transaction: Transaction) -> None:
    transaction.execute(text("SELECT * FROM none"))


@pytest.mark.parametrize(
    ("function", "kind"), [(_break_a_constraint, IntegrityError), (_misspell, OperationalError)]
)
async def test_faults_of_ours_come_through_without_what_was_to_be_written(
    store: Store, function: Callable[[Transaction], None], kind: type[Exception]
) -> None:
    with pytest.raises(kind) as raised:
        await store.write(function)
    assert "ppp" not in str(raised.value), "an error goes to the log; documents do not"
