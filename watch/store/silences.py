"""Silences: what stays quiet, and until when."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import delete, func, insert, select, update

from watch.core.alerts import Silence, SilenceId, SilenceKind, StoryId
from watch.store.db import Transaction
from watch.store.tables import SilenceRow, StoryRow, TellingRow, table_of

_SILENCES = table_of(SilenceRow)
_STORIES = table_of(StoryRow)
_TELLINGS = table_of(TellingRow)


def add_silence(transaction: Transaction, silence: Silence) -> Silence:
    """Keep something quiet; return the silence with its number."""
    number = transaction.execute(
        insert(_SILENCES)
        .values(
            kind=silence.kind.value,
            value=silence.value,
            since=silence.since,
            until=silence.until,
            note=silence.note,
        )
        .returning(_SILENCES.c.id)
    ).scalar_one()
    return replace(silence, id=SilenceId(number))


def get_silences(transaction: Transaction) -> tuple[Silence, ...]:
    """Return all silences, those too that are over: mails still say what they hid."""
    rows = transaction.execute(select(_SILENCES).order_by(_SILENCES.c.id))
    return tuple(
        Silence(
            id=SilenceId(row.id),
            kind=SilenceKind(row.kind),
            value=row.value,
            since=row.since,
            until=row.until,
            note=row.note,
        )
        for row in rows
    )


def count_hidden(transaction: Transaction) -> Mapping[SilenceId, int]:
    """Return how many findings each silence has hidden so far; one that hid nothing is left out."""
    rows = transaction.execute(
        select(_TELLINGS.c.silence_id, func.count(_TELLINGS.c.finding_id.distinct()))
        .where(_TELLINGS.c.silence_id.is_not(None))
        .group_by(_TELLINGS.c.silence_id)
    )
    return {SilenceId(silence): findings for silence, findings in rows}


def has_story(transaction: Transaction, number: StoryId) -> bool:
    """Whether there is a story of a number."""
    return transaction.scalar(select(_STORIES.c.id).where(_STORIES.c.id == number)) is not None


def lift_silences(transaction: Transaction, numbers: Collection[SilenceId]) -> int:
    """Forget silences; what they hid and no mail has counted waits to be told again.

    Returns how many findings that are. What a mail has counted as hidden stays so.
    """
    is_freed = _TELLINGS.c.silence_id.in_(numbers) & _TELLINGS.c.alert_id.is_(None)
    freed = transaction.scalar(
        select(func.count(_TELLINGS.c.finding_id.distinct())).where(is_freed)
    )
    transaction.execute(update(_TELLINGS).where(is_freed).values(outcome=None, silence_id=None))
    transaction.execute(delete(_SILENCES).where(_SILENCES.c.id.in_(numbers)))
    return freed or 0
