"""Damaged databases: a hundred of them, and pages that go bad while they are in use."""

import asyncio
import random
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.builders import NOW, a_document
from tests.store.filled import fill
from watch.core.model import MessageState
from watch.errors import StoreRefusedError, StoreUnavailableError
from watch.store import documents, findings, health, outbox, rulesets, silences, sources, tellings
from watch.store.db import SCHEMA, Store, Transaction
from watch.store.inspection import inspect

BYTES = 600


@pytest.fixture(scope="session")
async def filled_database(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Path:
    path = tmp_path_factory.mktemp("filled") / "watchlist.db"
    shutil.copy(empty_database, path)
    store = Store.open(path)
    await store.write(fill)
    store.close()
    return path


def _damage(path: Path, seed: int) -> None:
    """Overwrite 600 bytes: in one piece at odd seeds, here and there at even ones."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    content = bytearray(path.read_bytes())
    start = chance.randrange(len(content) - BYTES)
    for at in range(BYTES):
        place = start + at if seed % 2 else chance.randrange(len(content))
        content[place] = chance.randrange(256)
    path.write_bytes(content)


def _send_all(transaction: Transaction) -> None:
    while claim := outbox.claim_message(transaction, NOW):
        outbox.mark_message(transaction, claim.id, NOW)
        outbox.settle_message(transaction, claim.id, MessageState.SENT, answer="ok", now=NOW)


def _accept(transaction: Transaction) -> None:
    documents.add_documents(transaction, [(a_document("new", title="new"), ())], ruleset="r")


READS: list[Callable[[Transaction], object]] = [
    findings.count_findings,
    outbox.get_outbox,
    rulesets.get_rule_files,
    silences.get_silences,
    sources.get_hosts,
    sources.get_sources,
    tellings.get_waiting,
    partial(findings.list_findings, choice=findings.Choice(), most=1000),
    partial(health.get_health, watched=health.Watched(), now=NOW),
    partial(sources.get_files, source="inbox"),
]
WRITES: list[Callable[[Transaction], object]] = [
    partial(outbox.recover, resends=True),
    _accept,
    _send_all,
]


def _counts(path: Path) -> dict[str, int]:
    """Return how many rows each table holds, as SQLite itself reads them."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
        ).fetchall()
        counted = {
            name: connection.execute(f"SELECT count(*) FROM {name} NOT INDEXED")  # noqa: S608 (its own names)
            for (name,) in tables
        }
        return {name: rows.fetchone()[0] for name, rows in counted.items()}


async def test_a_damaged_database_is_refused_as_it_is_or_works_with_what_it_holds(
    filled_database: Path, tmp_path: Path
) -> None:
    refused = 0
    for seed in range(100):
        folder = tmp_path / str(seed)
        folder.mkdir()
        path = folder / "watchlist.db"
        shutil.copy(filled_database, path)
        _damage(path, seed)
        before = path.read_bytes()
        try:
            store = Store.open(path)
        except StoreRefusedError:
            refused += 1
            assert path.read_bytes() == before
            assert [one.name for one in folder.iterdir()] == ["watchlist.db"]
            continue
        rows = _counts(path)
        for read in READS:
            with suppress(StoreRefusedError):
                await store.read(read)
        assert _counts(path) == rows
        for write in WRITES:
            with suppress(StoreRefusedError):
                await store.write(write)
        store.close()
        after = _counts(path)
        assert after.pop("documents") - rows.pop("documents") in {0, 1}
        assert after == rows
    assert 50 < refused < 90, "the rest is damaged within a text, where nothing shows it"


def _killed_with_a_log(filled_database: Path, path: Path) -> None:
    """Make the files that a process leaves which is killed before its log went to the database."""
    shutil.copy(filled_database, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM mentions")
        connection.commit()
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{path}.killed{suffix}")
    for suffix in ("", "-wal"):
        Path(f"{path}.killed{suffix}").replace(f"{path}{suffix}")


def test_the_log_of_a_process_that_was_killed_stays_beside_what_is_refused(
    filled_database: Path, tmp_path: Path
) -> None:
    path, log = tmp_path / "watchlist.db", tmp_path / "watchlist.db-wal"
    _killed_with_a_log(filled_database, path)
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xa5" * 4096)
    before = path.read_bytes(), log.read_bytes()
    assert before[1]
    with pytest.raises(StoreRefusedError, match="damaged"):
        Store.open(path)
    assert (path.read_bytes(), log.read_bytes()) == before


async def test_what_stands_only_in_the_log_of_a_killed_process_is_had(
    filled_database: Path, tmp_path: Path
) -> None:
    path = tmp_path / "watchlist.db"
    _killed_with_a_log(filled_database, path)
    assert inspect(path, schema=SCHEMA, most_bytes=0).is_thorough, "its process died"
    with closing(Store.open(path)) as store:
        assert await store.read(lambda t: t.scalar(text("SELECT count(*) FROM mentions"))) == 0
        assert await store.read(lambda t: t.scalar(text("SELECT count(*) FROM documents"))) > 0


def test_a_large_database_that_was_closed_is_not_looked_through_at_the_start(
    filled_database: Path,
) -> None:
    assert not inspect(filled_database, schema=SCHEMA, most_bytes=1000).is_thorough
    assert inspect(filled_database, schema=SCHEMA).is_thorough


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ALTER TABLE files RENAME COLUMN digest TO digist", "files has no digest"),
        ("ALTER TABLE files RENAME TO filez", "files has no"),
        ("UPDATE alembic_version SET version_num = 'x004'", "it says to be of schema 'x004'"),
        ("UPDATE alembic_version SET version_num = 4", "it says to be of schema '4'"),
        ("DELETE FROM alembic_version", "a database of something else"),
        ("ALTER TABLE alembic_version RENAME version_num TO n", "a database of something else"),
    ],
)
def test_a_schema_that_reads_but_is_none_of_ours_is_refused(
    empty_database: Path, tmp_path: Path, change: str, words: str
) -> None:
    path = tmp_path / "watchlist.db"
    shutil.copy(empty_database, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(change)
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(StoreRefusedError, match=words):
        Store.open(path)
    assert path.read_bytes() == before


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.db"
    path.touch()  # what a kill at the very first start leaves
    assert inspect(path, schema=SCHEMA).revision is None
    with closing(Store.open(path)) as store:
        assert await store.read(sources.get_sources) == {}


def _spoil(path: Path) -> None:
    """Overwrite every page but the first, as a failing disk does."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))


ASKED: list[Callable[[Store], Awaitable[object]]] = [
    lambda store: store.read(tellings.get_waiting),
    lambda store: store.write(_send_all),
    lambda store: store.look_through(),
]


@pytest.mark.parametrize("ask", ASKED)
async def test_damage_that_shows_while_it_runs_is_refused(
    filled_database: Path, tmp_path: Path, ask: Callable[[Store], Awaitable[object]]
) -> None:
    path = tmp_path / "watchlist.db"
    shutil.copy(filled_database, path)
    with closing(Store.open(path)) as store:
        await store.look_through()
        _spoil(path)
        with pytest.raises(StoreRefusedError, match="damaged"):
            await ask(store)


async def test_a_look_through_ends_with_who_waits_for_it(
    filled_database: Path, tmp_path: Path
) -> None:
    path = tmp_path / "watchlist.db"
    shutil.copy(filled_database, path)
    with closing(Store.open(path)) as store:
        looking = asyncio.create_task(store.look_through())
        await asyncio.sleep(0)
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
        await store.write(_accept)


async def test_what_cannot_be_opened_is_not_looked_through(
    filled_database: Path, tmp_path: Path
) -> None:
    path = tmp_path / "watchlist.db"
    shutil.copy(filled_database, path)
    with closing(Store.open(path)) as store:
        path.rename(tmp_path / "elsewhere")
        with pytest.raises(StoreUnavailableError, match="cannot be opened"):
            await store.look_through()
