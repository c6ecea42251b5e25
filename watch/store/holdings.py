"""What the database holds, and how much room it takes."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, text

from watch.store.db import Transaction
from watch.store.tables import DocumentRow, table_of

_DOCUMENTS = table_of(DocumentRow)
_FILE = text("SELECT file FROM pragma_database_list WHERE name = 'main'")
_GET_WHOLE = select(func.count(), func.min(_DOCUMENTS.c.seen)).where(_DOCUMENTS.c.rules.is_(None))
_GET_ALL = select(func.count()).select_from(_DOCUMENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What the database holds."""

    documents: int
    """Those that are whole."""
    since: datetime | None
    """When the oldest of these came."""
    let_go: int
    """Those that are only known."""
    size: int
    """Of the database, in bytes, with its log; pages that are free count as well."""
    free: int
    """On its disk, for this user."""


def get_holdings(transaction: Transaction) -> Holdings:
    """Return what there is; it looks at an entry of an index for each document."""
    size, free = get_sizes(transaction)
    whole, since = transaction.execute(_GET_WHOLE).one()
    return Holdings(
        documents=whole,
        since=since,
        let_go=(transaction.scalar(_GET_ALL) or 0) - whole,
        size=size,
        free=free,
    )


def get_path(transaction: Transaction) -> Path:
    """Return where the database lies."""
    return Path(transaction.execute(_FILE).scalar_one())


def get_sizes(transaction: Transaction) -> tuple[int, int]:
    """Return how large the database is, with its log, and how much room there is for it."""
    path = get_path(transaction)
    log = path.with_name(f"{path.name}-wal")
    size = path.stat().st_size + (log.stat().st_size if log.exists() else 0)
    return size, shutil.disk_usage(path.parent).free
