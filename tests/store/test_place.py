"""Where a database is refused, and how it is noticed that it went away."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from watch.errors import StoreRefusedError
from watch.store.db import Store
from watch.store.lock import hold_state
from watch.store.place import Place, check_place

NOBODY = 65534
IS_ROOT = os.geteuid() == 0


def _refusal(path: Path) -> str:
    with pytest.raises(StoreRefusedError) as refused:
        Store.open(path)
    return str(refused.value)


@pytest.fixture
def state(empty_database: Path) -> Iterator[Path]:
    """A state folder that another user may enter, with a database of that user."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        state.mkdir()
        shutil.copy(empty_database, state / "watchlist.db")
        if IS_ROOT:
            for path in (Path(folder), state, state / "watchlist.db"):
                os.chown(path, NOBODY, NOBODY)
        yield state
        state.chmod(0o700)


@contextmanager
def _a_user() -> Iterator[None]:
    """Be somebody for whom permissions count; to be root again, that is kept up the sleeve."""
    if not IS_ROOT:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def _said_to_a_user(state: Path) -> str:
    """Return what a user who is not root is told."""
    with _a_user():
        try:
            with hold_state(state):
                check_place(state / "watchlist.db")
        except StoreRefusedError as error:
            return str(error)
    return ""


def test_a_user_of_their_own_database_is_told_nothing(state: Path) -> None:
    assert _said_to_a_user(state) == ""


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "watchlist.db").mkdir()
    assert "a folder lies where the database belongs" in _refusal(tmp_path / "watchlist.db")


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "watchlist.db")
    assert "something else than a file" in _refusal(tmp_path / "watchlist.db")


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    assert "check that the folder exists" in _refusal(tmp_path / "state" / "watchlist.db")


def test_what_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    (tmp_path / "watchlist.db").symlink_to(tmp_path / "watchlist.db")
    assert "symbolic links" in _refusal(tmp_path / "watchlist.db")


def test_a_database_that_may_only_be_read_is_told(state: Path) -> None:
    (state / "watchlist.db").chmod(0o400)
    said = _said_to_a_user(state)
    assert "may not read and write it" in said
    assert "mode 0400" in said


def test_a_folder_that_may_only_be_read_is_told(state: Path) -> None:
    (state / "watchlist.lock").touch(0o666)
    (state / "watchlist.lock").chmod(0o666)
    state.chmod(0o500)
    assert "may not write in it" in _said_to_a_user(state)


def test_a_folder_without_a_lock_that_may_only_be_read_is_told(state: Path) -> None:
    state.chmod(0o500)
    assert "watchlist.lock: Permission denied; give" in _said_to_a_user(state)


@pytest.mark.skipif(not IS_ROOT, reason="only root can open what belongs to somebody else")
def test_root_leaves_the_database_of_another_user_alone(state: Path) -> None:
    assert f"belongs to user {NOBODY}; run as that user" in _refusal(state / "watchlist.db")


def test_a_network_file_system_is_refused_with_a_way_out(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("30 1 0:40 / / rw - nfs4 nas:/export rw\n")
    with pytest.raises(StoreRefusedError, match=r"\(nfs4\).* name a state folder on a disk"):
        check_place(tmp_path / "watchlist.db", mounts)
    check_place(tmp_path / "watchlist.db", tmp_path / "none")


def _unlink(path: Path) -> None:
    path.unlink()


def _replace(path: Path) -> None:
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


def _move_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize(
    ("change", "words"),
    [(_unlink, "is gone"), (_replace, "was replaced"), (_move_folder, "is gone")],
)
async def test_files_that_are_not_where_they_were_are_noticed(
    tmp_path: Path, empty_database: Path, suffix: str, change: Callable[[Path], None], words: str
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    shutil.copy(empty_database, folder / "watchlist.db")
    store = Store.open(folder / "watchlist.db")
    await store.write(lambda t: t.exec_driver_sql("DELETE FROM files").close())
    store.check_in_place()
    store.check_in_place()
    change(folder / f"watchlist.db{suffix}")
    with pytest.raises(StoreRefusedError, match=f"{words} .*while in use.* put it back"):
        store.check_in_place()
    store.close()


def test_a_log_that_is_made_later_is_watched_from_then_on(tmp_path: Path) -> None:
    path, log = tmp_path / "watchlist.db", tmp_path / "watchlist.db-wal"
    path.touch()
    place = Place(path)
    place.check()
    log.touch()
    place.check()
    log.unlink()
    with pytest.raises(StoreRefusedError, match="-wal: is gone"):
        place.check()
