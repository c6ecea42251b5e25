"""Silences: what stays quiet, and until when."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import delete, insert, select, update

from watch.core.alerts import Silence, SilenceId, SilenceKind
from watch.store.db import Transaction
from watch.store.tables import SilenceRow, TellingRow, table_of

_SILENCES = table_of(SilenceRow)
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


def lift_silences(transaction: Transaction, numbers: Collection[SilenceId]) -> int:
    """Forget silences; what they hid and no mail has counted is told. Returns how much that is.

    What a mail has counted as hidden stays so, and keeps its silence.
    """
    freed = transaction.execute(
        update(_TELLINGS)
        .where(_TELLINGS.c.silence_id.in_(numbers), _TELLINGS.c.alert_id.is_(None))
        .values(outcome=None, silence_id=None)
    )
    transaction.execute(delete(_SILENCES).where(_SILENCES.c.id.in_(numbers)))
    return freed.rowcount
