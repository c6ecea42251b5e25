"""How it stands with sources, and with the files of folders."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Table, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import Insert, insert

from watch.core.model import FileState, HostState, Move, SourceState, Validators
from watch.store.db import VALUES, AnyRow, Transaction, rows_for
from watch.store.tables import DocumentRow, FileRow, HostRow, SourceRow, table_of

_DOCUMENTS = table_of(DocumentRow)
_SOURCES = table_of(SourceRow)
_FILES = table_of(FileRow)
_HOSTS = table_of(HostRow)


def _put(table: Table, key: str) -> Insert:
    """Return the statement that keeps a row of a table in place of the one before."""
    new = insert(table)
    changed = {column.name: new.excluded[column.name] for column in table.c}
    # Whoever reads a source does not know whether somebody was told of it meanwhile.
    changed.pop("is_told", None)
    return new.on_conflict_do_update(index_elements=[key], set_=changed)


# Statements are made once: to put one together takes longer than to execute it.
_GET_SOURCE = select(_SOURCES).where(_SOURCES.c.name == bindparam("name"))
_GET_SOURCES = select(*_SOURCES.c).where(_SOURCES.c.name.in_(VALUES))
_GET_REST = select(_SOURCES.c.name, _SOURCES.c.location).where(_SOURCES.c.due > bindparam("now"))
_PUT_SOURCE = _put(_SOURCES, "name")
_PUT_HOST = _put(_HOSTS, "host")


def get_sources(transaction: Transaction) -> dict[str, SourceState]:
    """Return the state of every source that was ever looked at, by name."""
    return {row.name: _state_in(row) for row in transaction.execute(select(*_SOURCES.c))}


def get_source(transaction: Transaction, name: str) -> SourceState | None:
    """Return the state of one source; None before it was first looked at."""
    row = transaction.execute(_GET_SOURCE, {"name": name}).first()
    return None if row is None else _state_in(row)


def get_due(
    transaction: Transaction, places: Mapping[str, str], now: datetime
) -> dict[str, SourceState | None]:
    """Return those of some sources that are due, each with its state if it has any.

    `places` has the location of each by name: what is known of another location does not count.
    """
    resting = dict(transaction.execute(_GET_REST, {"now": now}).all())
    due: dict[str, SourceState | None] = {
        name: None for name, location in places.items() if resting.get(name) != location
    }
    for row in rows_for(transaction, _GET_SOURCES, list(due)):
        due[row.name] = _state_in(row)
    return due


def get_untold(transaction: Transaction, failing_before: datetime) -> tuple[SourceState, ...]:
    """Return the sources whose operator is to hear of them, by name.

    They fail since before that time, or are paused, and nobody was told; or somebody was, and
    they are back.
    """
    fails = (_SOURCES.c.failing_since <= failing_before) | _SOURCES.c.paused_since.is_not(None)
    is_back = _SOURCES.c.error.is_(None) & _SOURCES.c.succeeded.is_not(None)
    rows = transaction.execute(
        select(_SOURCES)
        .where((fails & ~_SOURCES.c.is_told) | (is_back & _SOURCES.c.is_told))
        .order_by(_SOURCES.c.name)
    )
    return tuple(map(_state_in, rows))


def rename_sources(transaction: Transaction, places: Mapping[str, str]) -> dict[str, str]:
    """Give a source that is known by its location alone its new name; return new names by old.

    `places` has the location of every source there is, by name. All that is known of a source
    goes with it: its state, files and documents.
    """
    known = {
        row.name: row.location
        for row in transaction.execute(select(_SOURCES.c.name, _SOURCES.c.location))
    }
    left = {location: name for name, location in known.items() if name not in places}
    renamed = {}
    for name, location in places.items():
        before = left.pop(location, None) if name not in known else None
        if before is None:
            continue
        renamed[before] = name
        for table, column in (
            (_SOURCES, _SOURCES.c.name),
            (_FILES, _FILES.c.source),
            (_DOCUMENTS, _DOCUMENTS.c.source),
        ):
            transaction.execute(update(table).where(column == before).values({column: name}))
    return renamed


def put_told(transaction: Transaction, name: str, *, is_told: bool) -> None:
    """Note whether the operator knows that a source fails; reading it changes nothing of that."""
    transaction.execute(update(_SOURCES).where(_SOURCES.c.name == name).values(is_told=is_told))


def _state_in(row: AnyRow) -> SourceState:
    move = None
    if row.move_to is not None:
        move = Move(to=row.move_to, since=row.move_since)
    return SourceState(
        name=row.name,
        location=row.location,
        validators=Validators(etag=row.etag, last_modified=row.last_modified),
        due=row.due,
        has_baseline=row.has_baseline,
        succeeded=row.succeeded,
        failing_since=row.failing_since,
        failures=row.failures,
        error=row.error,
        note=row.note,
        pace=row.pace,
        url=row.url,
        move=move,
        gone_times=row.gone_times,
        gone_at=row.gone_at,
        paused_since=row.paused_since,
        is_told=row.is_told,
    )


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
        "note": state.note,
        "pace": state.pace,
        "url": state.url,
        "move_to": state.move.to if state.move else None,
        "move_since": state.move.since if state.move else None,
        "gone_times": state.gone_times,
        "gone_at": state.gone_at,
        "paused_since": state.paused_since,
        "is_told": state.is_told,
    }
    transaction.execute(_PUT_SOURCE, values)


def get_hosts(transaction: Transaction) -> dict[str, HostState]:
    """Return every host that ever asked to be left alone."""
    rows = transaction.execute(select(_HOSTS)).mappings()
    return {row["host"]: HostState(**row) for row in rows}


def put_host(transaction: Transaction, state: HostState) -> None:
    """Keep the state of a host, in place of the one before."""
    transaction.execute(_PUT_HOST, asdict(state))


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
