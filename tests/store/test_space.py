"""The ballast, and what is still written once it is thrown out."""

# ruff: noqa: ASYNC240 (a look at a file takes no time here)

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.limits import no_room_beyond
from watch.errors import StoreUnavailableError
from watch.store.db import Store, Transaction
from watch.store.space import BALLAST_BYTES, Space


def add(transaction: Transaction, name: str) -> None:
    transaction.execute(
        text("INSERT INTO files VALUES ('s', :name, 1, 1, NULL, 0, NULL, NULL)"), {"name": name}
    )


async def names(store: Store) -> list[str]:
    return await store.read(lambda t: list(t.scalars(text("SELECT path FROM files ORDER BY path"))))


@pytest.fixture
def ballast(tmp_path: Path) -> Path:
    return tmp_path / "watchlist.db.ballast"


async def test_the_ballast_is_made_once_and_is_nobody_elses(store: Store, ballast: Path) -> None:
    assert not ballast.exists(), "only who keeps the database makes it"
    await store.keep_ballast()
    assert ballast.stat().st_size == BALLAST_BYTES
    assert ballast.stat().st_blocks * 512 >= BALLAST_BYTES, "it takes the room it is to keep"
    assert ballast.stat().st_mode & 0o777 == 0o600
    made = ballast.stat().st_mtime_ns
    await store.keep_ballast()
    assert ballast.stat().st_mtime_ns == made


async def test_what_a_kill_left_of_a_ballast_is_made_whole(store: Store, ballast: Path) -> None:
    ballast.write_bytes(b"half")
    await store.keep_ballast()
    assert ballast.stat().st_size == BALLAST_BYTES


async def test_on_a_full_disk_results_are_recorded_and_nothing_else_until_there_is_room(
    store: Store, ballast: Path, tmp_path: Path
) -> None:
    await store.keep_ballast()
    await store.write(add, "before")
    log = tmp_path / "watchlist.db-wal"
    with no_room_beyond(log.stat().st_size):
        with pytest.raises(StoreUnavailableError, match="SQLITE_IOERR_WRITE"):
            await store.write(add, "lost")
        assert not ballast.exists(), "its room is for results"
        with pytest.raises(StoreUnavailableError, match="SQLITE_IOERR_WRITE"):
            await store.record(add, "a result")
    with no_room_beyond(BALLAST_BYTES - 1):
        await store.record(add, "a result")
        with pytest.raises(StoreUnavailableError, match="4 MB cannot be set aside"):
            await store.write(add, "lost")
        with pytest.raises(StoreUnavailableError, match="4 MB cannot be set aside"):
            await store.check_room()
        assert not ballast.exists(), "half of one would take room and give none"
    await store.write(add, "after")
    assert ballast.exists()
    assert await names(store) == ["a result", "after", "before"]


async def test_near_the_end_of_the_disk_nothing_new_is_begun(
    tmp_path: Path, empty_database: Path
) -> None:
    del empty_database
    with closing(Store.open(tmp_path / "watchlist.db", least_free=1 << 60)) as store:
        await store.write(add, "documents are accepted still")
        with pytest.raises(StoreUnavailableError, match=r"KB are free .* make room"):
            await store.check_room()


def test_a_ballast_that_is_no_file_of_ours_is_not_written_through(
    tmp_path: Path, ballast: Path
) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("a letter")
    ballast.symlink_to(theirs)
    with pytest.raises(StoreUnavailableError):
        Space(tmp_path / "watchlist.db").keep_ballast()
    assert theirs.read_text() == "a letter"


def test_a_folder_that_is_gone_is_no_room(tmp_path: Path) -> None:
    space = Space(tmp_path / "none" / "watchlist.db")
    space.run_out()
    with pytest.raises(StoreUnavailableError, match="No such file"):
        space.check()
