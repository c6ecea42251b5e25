import asyncio
import sqlite3
import threading
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from tests.patience import DEADLINE_S
from watch.errors import StoreRefusedError
from watch.store.db import SCHEMA, Store, Transaction
from watch.store.tables import metadata
from watch.store.tellings import get_waiting


def test_the_schema_that_the_migrations_make_is_the_one_the_tables_say(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.db"
    _make_schema(path, SCHEMA)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert context.get_current_revision() == SCHEMA
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_new_database_is_what_the_migrations_make(tmp_path: Path) -> None:
    new, migrated = tmp_path / "new.db", tmp_path / "migrated.db"
    Store.open(new).close()
    _make_schema(migrated, SCHEMA)
    assert _schema_of(new) == _schema_of(migrated)
    with closing(sqlite3.connect(new)) as connection:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [(SCHEMA,)]


def _schema_of(path: Path) -> dict[str, object]:
    """Return all that SQLite knows of a schema but the order of columns and their defaults.

    A column that a migration adds has a default, for the rows that are there, and comes last.
    """
    with closing(sqlite3.connect(path)) as connection:

        def ask(question: str, *of: str) -> list[tuple[Any, ...]]:
            return connection.execute(question, of).fetchall()

        schema: dict[str, object] = {}
        for name, is_without_rowid in ask("SELECT name, wr FROM pragma_table_list ORDER BY name"):
            indexes = sorted(
                (origin, is_unique, partial, *ask("SELECT name FROM pragma_index_info(?)", index))
                for index, is_unique, origin, partial in ask(
                    'SELECT name, "unique", origin, partial FROM pragma_index_list(?)', name
                )
            )
            schema[name] = (
                is_without_rowid,
                sorted(ask('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', name)),
                indexes,
                sorted(ask('SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)', name)),
            )
        schema["indexes"] = sorted(
            ask("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        )
        return schema


async def test_an_older_database_is_brought_up_to_date_with_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.db"
    with closing(sqlite3.connect(path)) as connection:
        _make_schema(path, "0001")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("INSERT INTO alerts VALUES (7, 'k', 'desk', 'new', '2026-08-26')")
        connection.execute(
            "INSERT INTO messages VALUES (1, 7, 'a@x', '<1@x>', X'00ff', 'sent', 1, '2026-08-26',"
            " '2026-08-26', NULL, NULL, 'ok')"
        )
        connection.execute("INSERT INTO rulesets VALUES (1, 'f', '2026-08-26', 1, 2, 'why')")
        connection.commit()
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO messages (recipient, message_id, content, state, attempts, due, created)"
            " VALUES ('b@x', '<2@x>', X'', 'failed', 1, '2026-08-26', '2026-08-26')"
        )
        rows = connection.execute("SELECT alert_id, content, answer, is_told FROM messages")
        assert rows.fetchall() == [(7, b"\x00\xff", "ok", 1), (None, b"", None, 0)]
        connection.rollback()
        assert connection.execute("SELECT fingerprint, items FROM rulesets").fetchall() == [
            ("f", 2)
        ]
        connection.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            connection.execute(
                "INSERT INTO messages SELECT 2, 7, 'b@x', message_id, content, state, 0, due,"
                " created, NULL, NULL, NULL, 0 FROM messages"
            )
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN"):
            connection.execute("UPDATE messages SET alert_id = 8")


async def test_findings_from_before_there_were_stories_are_told_and_known(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.db"
    _make_schema(path, "0003")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO documents (id, source, key, revision, digest, words_digest, title, text,"
            " seen, languages, is_degraded, ruleset) VALUES (5, 's', 'k', 1, 'd', 'w', 't', 'x',"
            " '2026-08-26', '', 0, 'r')"
        )
        for ordinal, item in enumerate(["drone", "icbm", "drone", ""]):
            connection.execute(
                "INSERT INTO mentions VALUES (5, ?, ?, 'text', 0, 1, 't')", (ordinal, item)
            )
        for number, ordinals in enumerate(["[0, 2, 3]", "[0, 1]", "[]"]):
            connection.execute(
                "INSERT INTO findings VALUES (?, 5, ?, 'n', 1, '[]', 'p', 1, NULL, ?)",
                (number, f"rule {number}", ordinals),
            )
        connection.execute("INSERT INTO alerts VALUES (7, 'k', 'desk', 'new', '2026-08-26')")
        connection.execute("INSERT INTO tellings VALUES (0, 'desk', '2026-08-26', 7)")
        connection.execute("INSERT INTO tellings VALUES (1, 'desk', '2026-08-26', NULL)")
        connection.execute("INSERT INTO tellings VALUES (2, 'desk', '2026-08-26', NULL)")
        connection.commit()
    store = Store.open(path)
    first, second = await store.read(get_waiting)
    assert (first.finding, set(first.items), second.items) == (1, {"drone", "icbm"}, ())
    assert first.story == second.story == -5
    with closing(sqlite3.connect(path)) as connection:
        told = connection.execute("SELECT outcome FROM tellings WHERE alert_id = 7").fetchall()
        assert told == [("told",)]
        assert connection.execute("SELECT items FROM findings").fetchone() == ('["drone"]',)
    store.close()


def _make_schema(path: Path, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(files("watch.store") / "migrations"))
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    engine.dispose()


async def test_what_is_committed_stays_and_what_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.db"

    def add(transaction: Transaction, name: str, *, fails: bool) -> None:
        transaction.execute(
            text("INSERT INTO files VALUES ('s', :n, 1, 1, NULL, 0, NULL, NULL)"), {"n": name}
        )
        if fails:
            raise ValueError(name)

    def names(transaction: Transaction) -> list[str]:
        return list(transaction.scalars(text("SELECT path FROM files ORDER BY path")))

    store = Store.open(path)
    await store.write(add, "kept", fails=False)
    with pytest.raises(ValueError, match="lost"):
        await store.write(add, "lost", fails=True)
    store.close()
    store = Store.open(path)
    assert await store.read(names) == ["kept"]
    store.close()


async def test_many_writers_at_once_lose_no_update(store: Store) -> None:
    def begin(transaction: Transaction) -> None:
        transaction.execute(text("INSERT INTO files VALUES ('s', 'p', 0, 0, NULL, 0, NULL, NULL)"))

    def add_one(transaction: Transaction) -> None:
        size = transaction.scalar(text("SELECT size FROM files"))
        transaction.execute(text("UPDATE files SET size = :size"), {"size": size + 1})

    await store.write(begin)
    await asyncio.gather(*(store.write(add_one) for _ in range(100)))
    assert await store.read(lambda t: t.scalar(text("SELECT size FROM files"))) == 100


async def test_a_reader_beside_a_writer_waits_for_nobody_and_writes_nothing(
    store: Store, tmp_path: Path
) -> None:
    beside = Store.open_to_read(tmp_path / "watchlist.db")
    is_open, may_end = threading.Event(), threading.Event()

    def hold(transaction: Transaction) -> None:
        transaction.execute(text("INSERT INTO files VALUES ('s', 'p', 0, 0, NULL, 0, NULL, NULL)"))
        is_open.set()
        assert may_end.wait(DEADLINE_S)

    writing = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(is_open.wait, 10)
    assert await beside.read(lambda t: t.scalar(text("SELECT count(*) FROM files"))) == 0
    may_end.set()
    await writing
    assert await beside.read(lambda t: t.scalar(text("SELECT count(*) FROM files"))) == 1
    with pytest.raises(RuntimeError, match="to read"):
        await beside.write(hold)
    beside.close()


async def test_the_database_syncs_every_commit(store: Store) -> None:
    def pragmas(transaction: Transaction) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [transaction.scalar(text(f"PRAGMA {name}")) for name in names]

    assert await store.write(pragmas) == ["wal", 2, 1]


def _refusal(path: Path) -> str:
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(StoreRefusedError) as refused:
        Store.open(path)
    if before is not None:
        assert path.read_bytes() == before, "a refused database is left as it is"
    return str(refused.value)


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.db"
    path.write_bytes(b"this is a letter to the editor. " * 100)
    assert "not a database" in _refusal(path)


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.db"
    Store.open(path).close()
    content = bytearray(path.read_bytes())
    content[5000:9000] = b"\xa5" * 4000
    path.write_bytes(content)
    assert "damaged" in _refusal(path)


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.db"
    Store.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer version" in _refusal(path)
    with pytest.raises(StoreRefusedError, match="schema is 9999"):
        Store.open_to_read(path)


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.commit()
    connection.close()
    assert "something else" in _refusal(path)


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    assert "check that the folder exists" in _refusal(tmp_path / "none" / "watchlist.db")
    with pytest.raises(StoreRefusedError, match="no database yet"):
        Store.open_to_read(tmp_path / "watchlist.db")
