"""How it stands with sources, and with the files of folders."""

from collections.abc import Iterable

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from watch.core.model import FileState, SourceState, Validators
from watch.store.db import Transaction
from watch.store.tables import FileRow, SourceRow, table_of

_SOURCES = table_of(SourceRow)
_FILES = table_of(FileRow)


def get_sources(transaction: Transaction) -> dict[str, SourceState]:
    """Return the state of every source that was ever looked at, by name."""
    rows = transaction.execute(select(_SOURCES)).mappings()
    return {
        row["name"]: SourceState(
            name=row["name"],
            location=row["location"],
            validators=Validators(etag=row["etag"], last_modified=row["last_modified"]),
            due=row["due"],
            has_baseline=row["has_baseline"],
            succeeded=row["succeeded"],
            failing_since=row["failing_since"],
            failures=row["failures"],
            error=row["error"],
        )
        for row in rows
    }


def put_source(transaction: Transaction, state: SourceState) -> None:
    """Keep the state of a source, in place of the one before."""
    values = {
        "name": state.name,
        "location": state.location,
        "etag": state.validators.etag,
        "last_modified": state.validators.last_modified,
        "due": state.due,
        "has_baseline": state.has_baseline,
        "succeeded": state.succeeded,
        "failing_since": state.failing_since,
        "failures": state.failures,
        "error": state.error,
    }
    transaction.execute(
        insert(_SOURCES).values(values).on_conflict_do_update(index_elements=["name"], set_=values)
    )


def get_files(transaction: Transaction, source: str) -> dict[str, FileState]:
    """Return the known files of a folder, by path."""
    rows = transaction.execute(select(_FILES).where(_FILES.c.source == source)).mappings()
    return {
        row["path"]: FileState(
            path=row["path"],
            size=row["size"],
            mtime_ns=row["mtime_ns"],
            digest=row["digest"],
            failures=row["failures"],
            due=row["due"],
            error=row["error"],
        )
        for row in rows
    }


def put_files(transaction: Transaction, source: str, files: Iterable[FileState]) -> None:
    """Keep the states of files, in place of those before."""
    values = [
        {
            "source": source,
            "path": file.path,
            "size": file.size,
            "mtime_ns": file.mtime_ns,
            "digest": file.digest,
            "failures": file.failures,
            "due": file.due,
            "error": file.error,
        }
        for file in files
    ]
    if values:
        new = insert(_FILES)
        changed = {key: new.excluded[key] for key in values[0]}
        transaction.execute(
            new.on_conflict_do_update(index_elements=["source", "path"], set_=changed), values
        )


def remove_files(transaction: Transaction, source: str, paths: Iterable[str]) -> None:
    """Forget files that are no longer there; their documents stay."""
    for path in paths:
        transaction.execute(delete(_FILES).where(_FILES.c.source == source, _FILES.c.path == path))


def count_unread(transaction: Transaction) -> dict[str, int]:
    """Return how many files of each folder could not be read."""
    rows = transaction.execute(
        select(_FILES.c.source, func.count().label("files"))
        .where(_FILES.c.error.is_not(None))
        .group_by(_FILES.c.source)
    )
    return {row.source: row.files for row in rows}
