"""The schema, brought up to date by the program itself."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from watch.errors import StoreRefusedError
from watch.store.place import sync


def migrate(connection: Connection, path: Path, revision: str) -> None:
    """Bring the database at a path from a revision to the newest schema, in one transaction.

    It is kept beside it as it was.
    """
    with _backup(path, revision):
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(files("watch.store") / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


@contextmanager
def _backup(path: Path, revision: str) -> Iterator[Path]:
    """Keep the database as it is beside it; not where what follows fails and leaves it so.

    Raises StoreRefusedError when that cannot be done.
    """
    backup = path.with_name(f"{path.name}.{revision}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    # Under this name until it is whole: a kill must leave nothing that looks like a backup.
    part = path.with_name(f"{path.name}.backup-part")
    is_needed = False
    try:
        try:
            _copy(path, part)
            os.link(part, backup)  # never over another
            sync(backup.parent)
        except (OSError, sqlite3.Error) as error:
            raise StoreRefusedError(
                f"{path}: is of schema {revision}, and no backup of it could be written beside it "
                f"({error}); make room for {path.stat().st_size >> 20:,} MB, then start again"
            ) from error
        finally:
            part.unlink(missing_ok=True)
        yield backup
        is_needed = True
    finally:
        if not is_needed:
            backup.unlink(missing_ok=True)


def _copy(path: Path, copy: Path) -> None:
    copy.unlink(missing_ok=True)
    # An empty file of ours is what VACUUM INTO fills, and nobody else may read it.
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    sync(copy)
