"""Rows follow a clock that is set: what waits goes on waiting for as long as it had left."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, ColumnElement, Table, Update, func, select, update

from watch.store.db import Transaction
from watch.store.outbox import UNSETTLED
from watch.store.tables import (
    AlertRow,
    DocumentRow,
    FileRow,
    HostRow,
    MessageRow,
    RulesetRow,
    SourceRow,
    TellingRow,
    UtcDateTime,
    table_of,
)

PLAUSIBLE = datetime(2026, 1, 1, tzinfo=UTC)
"""This program did not exist before: a clock that stands there has not been set yet."""

_SOURCES = table_of(SourceRow)
_HOSTS = table_of(HostRow)
_FILES = table_of(FileRow)
_MESSAGES = table_of(MessageRow)
_TELLINGS = table_of(TellingRow)
_ALERTS = table_of(AlertRow)
_DOCUMENTS = table_of(DocumentRow)
_RULESETS = table_of(RulesetRow)

_UNSETTLED = [state.value for state in UNSETTLED]
_WAITS: tuple[tuple[Table, ColumnElement[bool] | None, tuple[str, ...]], ...] = (
    (_SOURCES, None, ("due",)),
    (_HOSTS, None, ("closed_until", "refused")),
    (_FILES, _FILES.c.due.is_not(None), ("due",)),
    (_MESSAGES, _MESSAGES.c.state.in_(_UNSETTLED), ("due", "created")),
    (_TELLINGS, _TELLINGS.c.outcome.is_(None), ("since",)),
)
"""When something is to be done, and since when something waits."""
_HISTORY = (
    _SOURCES.c.succeeded,
    _SOURCES.c.failing_since,
    _SOURCES.c.move_since,
    _SOURCES.c.gone_at,
    _SOURCES.c.paused_since,
    _ALERTS.c.created,
)
"""When something happened, where what happens next goes by it."""
_DATED = (*_HISTORY, _DOCUMENTS.c.seen, _RULESETS.c.loaded, _MESSAGES.c.created)
"""What a clock that had not been set gave a date to."""


def get_latest(transaction: Transaction) -> datetime | None:
    """Return the latest moment that is known to have been; None where nothing ever happened."""
    moments = (
        transaction.scalar(select(func.max(column, type_=UtcDateTime)))
        for column in (_SOURCES.c.succeeded, _ALERTS.c.created)
    )
    return max((moment for moment in moments if moment is not None), default=None)


def move_clock(transaction: Transaction, *, by: timedelta, now: datetime) -> None:
    """Let all that waits follow a clock that was set by so much, and shows `now` since.

    Nothing that happened stays in the future. What was dated by a clock that had not been set
    yet is dated anew, which looks at every document once.
    """
    for table, condition, columns in _WAITS:
        moved = update(table).values({name: _later(table.c[name], by) for name in columns})
        transaction.execute(moved if condition is None else moved.where(condition))
    if now - by < PLAUSIBLE <= now:
        for column in _DATED:
            transaction.execute(_changed(column, _later(column, by)).where(column < PLAUSIBLE))
    for column in _HISTORY:
        transaction.execute(_changed(column, now).where(column > now))


def _changed(column: Column[datetime], value: object) -> Update:
    return update(column.table).values({column.name: value})


def _later(column: Column[datetime], by: timedelta) -> ColumnElement[str]:
    """Return what a column holds, so much later, as it is stored: to the microsecond, in zeros."""
    moved = func.strftime("%Y-%m-%d %H:%M:%f", column, f"{by.total_seconds():+.3f} seconds")
    return moved + "000"
