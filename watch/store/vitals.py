"""Numbers to watch a daemon by: asked for four times a minute, and never counted from the start.

Rows are numbered as they come, so the highest number says how many there were; what has not ended
stands together in an index, and there is little of it.
"""

from datetime import UTC, datetime

from sqlalchemy import delete, func, insert, select

from watch.core.model import MessageState
from watch.core.vitals import Counts
from watch.store.db import Transaction
from watch.store.holdings import get_sizes
from watch.store.outbox import UNSETTLED
from watch.store.tables import DocumentRow, FindingRow, HostRow, MessageRow, table_of

_DOCUMENTS = table_of(DocumentRow)
_FINDINGS = table_of(FindingRow)
_HOSTS = table_of(HostRow)
_MESSAGES = table_of(MessageRow)

_UNSENT = (*UNSETTLED, MessageState.FAILED, MessageState.CANCELLED)
_NOBODY = ""
"""The name of no host."""

# Made once: to put them together takes longer than to execute them.
_HIGHEST = select(
    *(
        select(func.coalesce(func.max(table.c.id), 0)).scalar_subquery()
        for table in (_DOCUMENTS, _FINDINGS, _MESSAGES)
    )
)
_STATES = (
    select(_MESSAGES.c.state, func.count().label("mails"), func.min(_MESSAGES.c.id).label("first"))
    .where(_MESSAGES.c.state.in_([state.value for state in _UNSENT]))
    .group_by(_MESSAGES.c.state)
)
_FIRST_DUE = select(func.min(_MESSAGES.c.due)).where(
    _MESSAGES.c.state == MessageState.WAITING.value
)


def get_counts(transaction: Transaction) -> Counts:
    """Return what the database holds, without looking at all of it."""
    documents, findings, mails = transaction.execute(_HIGHEST).one()
    rows = {MessageState(row.state): row for row in transaction.execute(_STATES)}
    first = min((rows[state].first for state in UNSETTLED if state in rows), default=None)
    created = select(_MESSAGES.c.created).where(_MESSAGES.c.id == first)
    size, free = get_sizes(transaction)
    return Counts(
        documents=documents,
        findings=findings,
        mails=mails,
        states={state: rows[state].mails if state in rows else 0 for state in _UNSENT},
        oldest=None if first is None else transaction.scalar(created),
        due=transaction.scalar(_FIRST_DUE),
        size=size,
        free=free,
    )


def prove_writable(transaction: Transaction) -> None:
    """Write a row and take it back: when that is committed, the disk took it."""
    row = {"host": _NOBODY, "refusals": 0}
    row |= dict.fromkeys(("closed_until", "refused"), datetime.fromtimestamp(0, UTC))
    transaction.execute(insert(_HOSTS).values(row))
    transaction.execute(delete(_HOSTS).where(_HOSTS.c.host == _NOBODY))
