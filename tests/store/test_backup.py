import asyncio
import os
import shutil
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.builders import a_document, a_matching
from tests.patience import DEADLINE_S
from tests.store.test_tellings import accept
from watch.errors import StoreRefusedError, StoreUnavailableError
from watch.store.backup import back_up
from watch.store.db import Store, Transaction
from watch.store.documents import add_documents
from watch.store.findings import add_findings
from watch.store.holdings import get_holdings, get_path


def _say_nothing(done: int, total: int) -> None:
    del done, total


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def _copy(store: Store, to: Path) -> int:
    return await asyncio.to_thread(back_up, await store.read(get_path), to, _say_nothing)


async def test_a_copy_is_a_database_of_its_own_for_its_owner_alone(
    store: Store, tmp_path: Path
) -> None:
    await store.write(accept, "An ICBM", "icbm")
    folder = tmp_path / "Kopien? #1 뒤"
    folder.mkdir()
    copy = folder / "a%20b.db"
    size = await _copy(store, copy)
    assert _names(folder) == [copy.name], "nothing else is left"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert copy.stat().st_size == size
    await store.write(accept, "Another ICBM", "icbm")
    restored = Store.open(copy.rename(tmp_path / "restored.db"))
    assert (await restored.read(get_holdings)).documents == 1
    restored.close()


def _add(transaction: Transaction, key: str) -> None:
    """Keep a document of 400 kB with a finding."""
    document, matching = a_document(f"{key} {'ICBM ' * 80_000}", key=key), a_matching("icbm")
    (added,) = add_documents(transaction, [(document, matching.mentions)], ruleset="r")
    assert added is not None
    add_findings(transaction, [(added.id, matching)])


async def test_it_is_of_one_moment_and_it_holds_nobody_up(store: Store, tmp_path: Path) -> None:
    """Each write adds a document and a finding: a copy has as many of one as of the other."""
    path = await store.read(get_path)
    for number in range(30):
        await store.write(_add, f"{number}")
    heard: list[tuple[int, int]] = []
    has_begun, may_go_on = threading.Event(), threading.Event()

    def tell(done: int, total: int) -> None:
        heard.append((done, total))
        has_begun.set()
        may_go_on.wait(DEADLINE_S)

    copying = asyncio.create_task(asyncio.to_thread(back_up, path, tmp_path / "copy.db", tell))
    await asyncio.to_thread(has_begun.wait, 20)
    for number in range(20):
        await store.write(_add, f"late {number}")
    may_go_on.set()
    size = await copying
    assert len(heard) > 2, "it is made in steps"
    assert heard[-1] == (size, size)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 (ours)
            for table in ("documents", "findings")
        ]
        assert counts == [30, 30]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_no_file_is_overwritten(store: Store, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("precious")
    with pytest.raises(StoreUnavailableError, match=r"copy\.db: is there already; name another"):
        await _copy(store, copy)
    assert copy.read_text() == "precious"
    assert [name for name in _names(tmp_path) if "copy" in name] == [copy.name]


async def test_a_folder_that_is_not_there_is_told(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="cannot be written: No such file or directory"):
        await _copy(store, tmp_path / "none" / "copy.db")


async def test_a_copy_that_has_no_room_is_not_begun(store: Store, tmp_path: Path) -> None:
    """The database says that it has more pages than any disk."""
    path = await store.read(get_path)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    content = bytearray(path.read_bytes())
    os.truncate(path, 1 << 43)  # no byte of it is on the disk
    content[28:32] = ((1 << 43) // 4096 & 0xFFFFFFFF).to_bytes(4, "big")
    with path.open("r+b") as file:
        file.write(content)
    with pytest.raises(
        StoreUnavailableError, match=r"MB are to be written and [\d,.]+ MB are free"
    ):
        await asyncio.to_thread(back_up, path, tmp_path / "copy.db", _say_nothing)
    assert "copy" not in " ".join(_names(tmp_path))


async def test_of_a_damaged_database_no_copy_is_made(store: Store, tmp_path: Path) -> None:
    path = await store.read(get_path)
    for number in range(100):
        await store.write(accept, f"An ICBM {'x' * 2_000} {number}", "icbm")
    store.close()
    with path.open("r+b") as file:
        file.seek(40 * 4096)
        file.write(b"\xa5" * 4096 * 8)
    with pytest.raises(StoreRefusedError, match=r"damaged: .*keep the backups you have"):
        await asyncio.to_thread(back_up, path, tmp_path / "copy.db", _say_nothing)
    path.write_bytes(b"no database at all, but longer than a header" * 10)
    with pytest.raises(StoreRefusedError, match="damaged: file is not a database"):
        await asyncio.to_thread(back_up, path, tmp_path / "copy.db", _say_nothing)
    path.unlink()
    with pytest.raises(StoreUnavailableError, match="unable to open database file; try again"):
        await asyncio.to_thread(back_up, path, tmp_path / "copy.db", _say_nothing)
    assert "copy" not in " ".join(_names(tmp_path))


async def test_a_log_left_beside_a_restored_copy_would_undo_it(
    store: Store, tmp_path: Path
) -> None:
    """SQLite replays whatever log lies there, unasked: so all three files are to be moved away."""
    await store.write(accept, "An ICBM", "icbm")
    path = await store.read(get_path)
    await _copy(store, tmp_path / "copy.db")
    await store.write(accept, "Another ICBM", "icbm")
    there = tmp_path / "restored"
    there.mkdir()
    shutil.copy(tmp_path / "copy.db", there / "watchlist.db")
    shutil.copy(f"{path}-wal", there / "watchlist.db-wal")
    restored = Store.open(there / "watchlist.db")
    assert (await restored.read(get_holdings)).documents == 2, "not what was copied"
    restored.close()
    content = path.read_bytes()
    store.close()
    path.write_bytes(b"nothing of a database" + content[21:])
    with pytest.raises(StoreRefusedError, match="Move it away, with its -wal and -shm, and put"):
        Store.open(path)
