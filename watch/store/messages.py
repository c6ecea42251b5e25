"""The outbox as a person sees it, and what a person may do with a message: also beside a daemon.

Whoever comes second changes nothing: each change asks for the states from which it may be made,
in the statement that makes it, and a daemon claims what waits in the same way.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, func, select, update

from watch.core.model import MessageId, MessageState
from watch.store.db import Transaction
from watch.store.tables import MessageRow, table_of

_MESSAGES = table_of(MessageRow)

_HEAD_BYTES = 8_192
"""How much of a mail is read to list it: its headers, as we write them, are shorter."""

RELEASABLE = (MessageState.WAITING, MessageState.HELD, MessageState.FAILED)
CANCELLABLE = (MessageState.WAITING, MessageState.HELD)
"""From which states a person may let a message go, or keep it from going."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMessage:
    """A message of the outbox, without the whole of its bytes."""

    id: MessageId
    message_id: str
    recipient: str
    state: MessageState
    attempts: int
    created: datetime
    due: datetime | None
    """When it is tried next; None when it is not."""
    settled: datetime | None
    answer: str
    """What was said of it last, and on lines below why it was not sent before."""
    head: bytes
    """Its first bytes, with all of its headers."""


def get_messages(
    transaction: Transaction, states: Collection[MessageState], *, most: int
) -> tuple[KeptMessage, ...]:
    """Return the newest messages in these states, so many at the most, the oldest first."""
    rows = transaction.execute(
        select(*_columns()).where(_is_in(states)).order_by(_MESSAGES.c.id.desc()).limit(most)
    ).mappings()
    return tuple(map(_kept, rows))[::-1]


def get_message(transaction: Transaction, message: MessageId) -> tuple[KeptMessage, bytes] | None:
    """Return a message and all of its bytes; None when there is none."""
    row = (
        transaction.execute(
            select(*_columns(), _MESSAGES.c.content).where(_MESSAGES.c.id == message)
        )
        .mappings()
        .first()
    )
    return None if row is None else (_kept(row), row["content"])


def release_message(transaction: Transaction, message: MessageId, now: datetime) -> bool:
    """Let a message go that is held, failed or waits, now; return whether it was so.

    It is tried as if it were for the first time, and the operator, who knows of it, is told only
    if that fails.
    """
    return _changed(
        transaction,
        message,
        RELEASABLE,
        state=MessageState.WAITING.value,
        due=now,
        attempts=0,
        settled=None,
        is_told=True,
    )


def cancel_message(transaction: Transaction, message: MessageId, now: datetime) -> bool:
    """End a message that waits or is held, unsent; return whether it was so."""
    return _changed(
        transaction,
        message,
        CANCELLABLE,
        state=MessageState.CANCELLED.value,
        settled=now,
        is_told=True,
    )


def _changed(
    transaction: Transaction,
    message: MessageId,
    states: Collection[MessageState],
    **values: object,
) -> bool:
    change = update(_MESSAGES).where(_MESSAGES.c.id == message, _is_in(states)).values(**values)
    return transaction.execute(change).rowcount == 1


def _is_in(states: Collection[MessageState]) -> ColumnElement[bool]:
    return _MESSAGES.c.state.in_([state.value for state in states])


def _columns() -> tuple[ColumnElement[object], ...]:
    content = _MESSAGES.c.content
    others = [column for column in _MESSAGES.c if column is not content]
    return (*others, func.substr(content, 1, _HEAD_BYTES).label("head"))


def _kept(row: RowMapping) -> KeptMessage:
    state = MessageState(row["state"])
    return KeptMessage(
        id=MessageId(row["id"]),
        message_id=row["message_id"],
        recipient=row["recipient"],
        state=state,
        attempts=row["attempts"],
        created=row["created"],
        due=row["due"] if state is MessageState.WAITING else None,
        settled=row["settled"],
        answer=row["answer"] or "",
        head=row["head"],
    )
