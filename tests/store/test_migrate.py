"""Databases of earlier versions: kept as they were, then brought up to date whole or not at all."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from tests.limits import no_room_beyond
from watch.errors import StoreRefusedError
from watch.store.db import SCHEMA, Store

ROOT = Path(__file__).parents[2]
ROWS = 30

Content = dict[str, list[dict[str, object]]]
"""The rows of each table, by the names of their columns."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("watch.store") / "migrations"))
    return config


EARLIER = sorted(
    one.revision
    for one in ScriptDirectory.from_config(_config()).walk_revisions()
    if one.revision != SCHEMA
)

REWRITTEN = {("alerts", "reason"), ("tellings", "outcome"), ("alembic_version", "version_num")}
"""What a migration gives other words; all other columns that stay are to hold what they held."""


def make_older(path: Path, revision: str) -> None:
    """Make a database of an earlier version, with rows in all of its tables."""
    engine = create_engine(f"sqlite:///{path}")
    config = _config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for table in _tables(connection):
            if table != "alembic_version":
                _fill(connection, table)
        connection.commit()
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return [name for (name,) in rows]


def _fill(connection: sqlite3.Connection, table: str) -> None:
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    for number in range(1, ROWS + 1):
        values = [_value(kind, name, number) for _, name, kind, *_ in columns]
        marks = ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 (our own names)


def _value(kind: str, name: str, number: int) -> object:
    if kind == "JSON":
        return f"[{number}]"
    if kind.startswith("DATETIME"):
        return f"2026-08-{number:02} 05:01:12.000000"
    if kind == "BLOB":
        return bytes([number, 0, 255]) * 2000
    if kind == "BOOLEAN":
        return number % 2
    if kind in {"INTEGER", "BIGINT"}:
        return number
    return f"{name} {number} мир 世界 " * (100 if name in {"text", "content"} else 1)


def content_of(path: Path) -> Content:
    """Return all that a database holds; it must be whole."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = _tables(connection)
        connection.row_factory = sqlite3.Row
        return {
            table: [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]  # noqa: S608
            for table in tables
        }


def _kept(before: Content, after: Content) -> Content:
    """Return of what is there now the columns that were there before, and are not rewritten."""
    return {
        table: [
            {
                name: value
                for name, value in row.items()
                if name in before[table][0] and (table, name) not in REWRITTEN
            }
            for row in rows
        ]
        for table, rows in after.items()
        if table in before
    }


def revision_of(content: Content) -> object:
    return content["alembic_version"][0]["version_num"]


def _backups(folder: Path) -> list[Path]:
    return sorted(folder.glob("watchlist.db.0*"))


@pytest.mark.parametrize("revision", EARLIER)
def test_an_older_database_is_kept_beside_and_all_its_rows_survive(
    tmp_path: Path, revision: str
) -> None:
    path = tmp_path / "watchlist.db"
    make_older(path, revision)
    before = content_of(path)
    assert {len(rows) for name, rows in before.items() if name != "alembic_version"} == {ROWS}
    Store.open(path).close()
    after = content_of(path)
    assert revision_of(after) == SCHEMA
    assert _kept(before, after) == _kept(after, before)
    (backup,) = _backups(tmp_path)
    assert re.fullmatch(rf"watchlist\.db\.{revision}-\d{{8}}T\d{{6}}\.\d{{6}}Z", backup.name)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert content_of(backup) == before
    assert not list(tmp_path.glob("*part*"))


def test_a_new_database_has_no_backup_and_one_of_today_is_left_alone(tmp_path: Path) -> None:
    for _ in range(2):
        Store.open(tmp_path / "watchlist.db").close()
        assert [one.name for one in tmp_path.iterdir()] == ["watchlist.db"]


def test_without_room_for_a_backup_nothing_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.db"
    make_older(path, EARLIER[-1])
    before = path.read_bytes()
    with (
        no_room_beyond(64 << 10),
        pytest.raises(StoreRefusedError, match=r"no backup of it .* make room for \d+ MB"),
    ):
        Store.open(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["watchlist.db"]


def test_when_the_migration_fails_the_old_one_stays_and_no_copies_pile_up(
    tmp_path: Path,
) -> None:
    path = tmp_path / "watchlist.db"
    make_older(path, "0003")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE stories (in_the_way TEXT)")
    before = content_of(path)
    with pytest.raises(StoreRefusedError, match="stories"):
        Store.open(path)
    assert content_of(path) == before
    assert _backups(tmp_path) == []


_KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from watch.errors import WatchError
from watch.store.db import Store
import watch.store.migrate

source, folder, step = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
done = 0

@event.listens_for(Engine, "before_cursor_execute")
def count(connection, cursor, statement, *rest):
    global done
    done += 1
    if done == last:
        os.kill(os.getpid(), signal.SIGKILL)

last = 1
while True:
    last += step
    path = folder / str(last) / "watchlist.db"
    path.parent.mkdir()
    shutil.copy(source, path)
    child = os.fork()
    if child == 0:
        Store.open(path)
        os.kill(os.getpid(), signal.SIGTERM)
    if os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGTERM:
        print(last)
        break
"""


STEP = 9
"""A kill at every ninth statement: with each it takes a minute."""


def test_killed_at_any_statement_it_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    older, folder = tmp_path / "older.db", tmp_path / "killed"
    make_older(older, EARLIER[0])
    before = content_of(older)
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, older, folder, str(STEP)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    whole = int(done.stdout)
    points = sorted(int(one.name) for one in folder.iterdir())
    assert len(points) > 10, "it has so many statements"
    for point in points:
        path = folder / str(point) / "watchlist.db"
        after = content_of(path)
        if point == whole:
            assert _kept(before, after) == _kept(after, before)
            assert revision_of(after) == SCHEMA
        else:
            assert after == before, point
        for backup in _backups(path.parent):
            assert content_of(backup) == before, "what looks like a backup is a whole one"
    path = folder / str(points[-2]) / "watchlist.db"
    Store.open(path).close()
    assert revision_of(content_of(path)) == SCHEMA, "the next start goes all the way"


def test_killed_while_it_is_kept_beside_it_is_done_anew(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.db"
    make_older(path, EARLIER[-1])
    (tmp_path / "watchlist.db.backup-part").write_bytes(b"half of one")
    Store.open(path).close()
    (backup,) = _backups(tmp_path)
    assert revision_of(content_of(backup)) == EARLIER[-1]
    assert not (tmp_path / "watchlist.db.backup-part").exists()
