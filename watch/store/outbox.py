"""The outbox: one row for each mail to each address, from its rendering to its end.

A row is claimed, marked when its transmission begins, then settled. Only a row that is marked
and not settled is ambiguous after a crash: whether the other side has it, nobody knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, Update, bindparam, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from watch.core.alerts import Report
from watch.core.health import LATE
from watch.core.model import AlertId, Claim, Message, MessageId, MessageState
from watch.store.db import Transaction
from watch.store.tables import AlertRow, MessageRow, TellingRow, table_of
from watch.store.tellings import Outcome

_ALERTS = table_of(AlertRow)
_MESSAGES = table_of(MessageRow)
_TELLINGS = table_of(TellingRow)
_OF_FINDING = (_TELLINGS.c.finding_id == bindparam("finding")) & (
    _TELLINGS.c.subscription == bindparam("reader")
)
_TELL = (
    update(_TELLINGS)
    .where(_OF_FINDING)
    .values(alert_id=bindparam("by"), outcome=Outcome.TOLD.value)
)
# What waits again, for its silence was lifted since the mail was written, goes on waiting.
_ACCOUNT = (
    update(_TELLINGS)
    .where(_OF_FINDING, _TELLINGS.c.outcome.is_not(None))
    .values(alert_id=bindparam("by"))
)
UNSETTLED = (MessageState.WAITING, MessageState.CLAIMED, MessageState.MARKED, MessageState.HELD)
"""The states of a message that has not ended."""
_IS_WAITING = _MESSAGES.c.state == MessageState.WAITING.value

# Made once, for it is asked each second: to put it together takes longer than to execute it.
_GET_DUE = select(_MESSAGES.c.id).where(_IS_WAITING, _MESSAGES.c.due <= bindparam("now")).limit(1)


def add_alert(
    transaction: Transaction,
    report: Report,
    messages: Sequence[Message],
    *,
    key: str,
    now: datetime,
) -> bool:
    """Keep an alert with its messages, and what it tells and accounts for as settled by it.

    Does nothing a second time. Returns whether it was new.
    """
    if transaction.scalar(select(_ALERTS.c.id).where(_ALERTS.c.key == key)) is not None:
        return False
    alert = report.alert
    alert_id = transaction.execute(
        insert(_ALERTS)
        .values(key=key, subscription=alert.subscription, reason=alert.occasion.value, created=now)
        .returning(_ALERTS.c.id)
    ).scalar_one()
    common = {"reader": alert.subscription, "by": alert_id}
    told = [{"finding": number, **common} for number in alert.findings]
    if told:
        transaction.execute(_TELL, told)
    accounted = [{"finding": number, **common} for number in report.accounted]
    if accounted:
        transaction.execute(_ACCOUNT, accounted)
    rows = _message_rows(messages, AlertId(alert_id), now)
    if rows:
        transaction.execute(insert(_MESSAGES), rows)
    return True


def add_notices(transaction: Transaction, messages: Sequence[Message], now: datetime) -> None:
    """Keep messages that belong to no alert; one that is known by its Message-ID stays as it is."""
    rows = _message_rows(messages, None, now)
    if rows:
        once = insert_or(_MESSAGES).on_conflict_do_nothing(index_elements=["message_id"])
        transaction.execute(once, rows)


def _message_rows(
    messages: Sequence[Message], alert: AlertId | None, now: datetime
) -> list[dict[str, object]]:
    return [
        {
            "alert_id": alert,
            "recipient": message.recipient,
            "message_id": message.message_id,
            "content": message.content,
            "state": MessageState.WAITING.value,
            "attempts": 0,
            "due": now,
            "created": now,
        }
        for message in messages
    ]


def has_message(transaction: Transaction, message_id: str) -> bool:
    """Whether a message was ever written, by its Message-ID."""
    known = select(_MESSAGES.c.id).where(_MESSAGES.c.message_id == message_id)
    return transaction.scalar(known) is not None


def has_due(transaction: Transaction, now: datetime) -> bool:
    """Whether a message is due."""
    return transaction.scalar(_GET_DUE, {"now": now}) is not None


def claim_message(transaction: Transaction, now: datetime) -> Claim | None:
    """Take the oldest message that is due, for this process to send; None when none is."""
    row = (
        transaction.execute(
            select(_MESSAGES)
            .where(_IS_WAITING, _MESSAGES.c.due <= now)
            .order_by(_MESSAGES.c.due, _MESSAGES.c.id)
            .limit(1)
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    message = MessageId(row["id"])
    transaction.execute(_change(message, MessageState.CLAIMED))
    return Claim(
        id=message,
        message=Message(
            recipient=row["recipient"], message_id=row["message_id"], content=row["content"]
        ),
        attempts=row["attempts"],
        created=row["created"],
    )


def mark_message(transaction: Transaction, message: MessageId, now: datetime) -> None:
    """Note that the transmission begins: from here to its settling nobody knows its fate."""
    transaction.execute(_change(message, MessageState.MARKED, marked=now))


def settle_message(
    transaction: Transaction,
    message: MessageId,
    state: MessageState,
    *,
    answer: str,
    now: datetime,
) -> None:
    """Note how a message ended: sent, failed or cancelled.

    Of one that failed, or was sent late, the operator is to hear: what is said of it last has on
    a line of its own why it was late.
    """
    values: dict[str, object] = {"attempts": _MESSAGES.c.attempts + 1, "answer": answer}
    match state:
        case MessageState.SENT:
            values["answer"] = answer + func.coalesce("\n" + _MESSAGES.c.answer, "")
            values["is_told"] = _MESSAGES.c.is_told | (_MESSAGES.c.created > now - LATE)
        case MessageState.FAILED:
            values["is_told"] = False
        case _:
            values["is_told"] = True
    transaction.execute(_change(message, state, settled=now, **values))


def postpone_message(
    transaction: Transaction, message: MessageId, *, due: datetime, answer: str
) -> None:
    """Give a message back after an attempt that failed, to be tried again when it is due."""
    attempts = _MESSAGES.c.attempts + 1
    transaction.execute(
        _change(
            message, MessageState.WAITING, due=due, answer=answer, attempts=attempts, marked=None
        )
    )


def hasten(transaction: Transaction, now: datetime) -> None:
    """Have every message that waits to be tried again tried now: what it failed for may be gone."""
    transaction.execute(update(_MESSAGES).where(_IS_WAITING, _MESSAGES.c.due > now).values(due=now))


def give_back_message(transaction: Transaction, message: MessageId) -> None:
    """Give a claimed message back that was not tried."""
    transaction.execute(_change(message, MessageState.WAITING, marked=None))


def _change(message: MessageId, state: MessageState, **values: object) -> Update:
    return update(_MESSAGES).where(_MESSAGES.c.id == message).values(state=state.value, **values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What a process that died left in the outbox."""

    given_back: int
    """Claimed, but not begun: certainly not sent."""
    ambiguous: int
    """Begun, without an answer: sent again, or held, as configured."""


def recover(transaction: Transaction, *, resends: bool) -> Recovered:
    """Take over the messages that a dead process held; call it before anything is claimed."""
    after = MessageState.WAITING if resends else MessageState.HELD
    ambiguous = transaction.execute(
        update(_MESSAGES)
        .where(_MESSAGES.c.state == MessageState.MARKED.value)
        .values(
            state=after.value,
            is_told=False,
            answer="the process ended before the other side's answer was recorded",
        )
    )
    given_back = transaction.execute(
        update(_MESSAGES)
        .where(_MESSAGES.c.state == MessageState.CLAIMED.value)
        .values(state=MessageState.WAITING.value)
    )
    return Recovered(given_back=given_back.rowcount, ambiguous=ambiguous.rowcount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A message that could not be sent."""

    message_id: str
    recipient: str
    state: MessageState
    due: datetime | None
    """When it is tried again; None when it is not."""
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxState:
    """How it stands with the outbox."""

    counts: dict[MessageState, int]
    oldest: datetime | None
    """When the oldest message that has not ended was made."""
    why: str | None
    """What was said of that one last; None where it was not tried."""
    trouble: tuple[Trouble, ...]
    """The newest messages that could not be sent, or not yet."""


_MOST_TROUBLE = 20


def get_outbox(transaction: Transaction) -> OutboxState:
    """Return how it stands with the outbox."""
    counts = transaction.execute(
        select(_MESSAGES.c.state, func.count()).group_by(_MESSAGES.c.state)
    )
    oldest = transaction.execute(
        select(_MESSAGES.c.created, _MESSAGES.c.answer)
        .where(_MESSAGES.c.state.in_([state.value for state in UNSETTLED]))
        .order_by(_MESSAGES.c.created)
        .limit(1)
    ).first()
    failed = _MESSAGES.c.state.in_([MessageState.FAILED.value, MessageState.HELD.value])
    waiting = _IS_WAITING & (_MESSAGES.c.attempts > 0)
    trouble = transaction.execute(
        select(_MESSAGES)
        .where(failed | waiting)
        .order_by(_MESSAGES.c.id.desc())
        .limit(_MOST_TROUBLE)
    ).mappings()
    return OutboxState(
        counts={MessageState(state): count for state, count in counts},
        oldest=None if oldest is None else oldest.created,
        why=None if oldest is None else oldest.answer,
        trouble=tuple(map(_trouble_in, trouble)),
    )


def _trouble_in(row: RowMapping) -> Trouble:
    state = MessageState(row["state"])
    return Trouble(
        message_id=row["message_id"],
        recipient=row["recipient"],
        state=state,
        due=row["due"] if state is MessageState.WAITING else None,
        answer=row["answer"] or "",
    )
