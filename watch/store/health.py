"""What the operator is to be told: messages that went wrong, and how a week went.

An archive may be large, and a mail about it must not hold it up: documents and messages are
numbered as they come, so that a week of them is a range of numbers, found by halving.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from sqlalchemy import Column, bindparam, func, select, update

from watch.core.health import (
    BUSY,
    MONTH,
    WEEK,
    Archive,
    HealthReport,
    RuleName,
    SilenceInForce,
    SilentSource,
    Untold,
    Volumes,
    busy_rules,
    split_sources,
)
from watch.core.model import MessageId, MessageState, Place
from watch.store.db import Transaction
from watch.store.holdings import get_holdings
from watch.store.rulesets import get_rule_files
from watch.store.silences import count_hidden, get_silences
from watch.store.sources import get_sources
from watch.store.tables import (
    AlertRow,
    DocumentRow,
    FindingRow,
    MessageRow,
    RulesetRow,
    table_of,
)

_ALERTS = table_of(AlertRow)
_DOCUMENTS = table_of(DocumentRow)
_FINDINGS = table_of(FindingRow)
_MESSAGES = table_of(MessageRow)
_RULESETS = table_of(RulesetRow)

_TOLD_OF = (MessageState.FAILED, MessageState.HELD, MessageState.SENT)
_GET_UNTOLD = (
    select(
        _MESSAGES.c.id,
        _MESSAGES.c.message_id,
        _MESSAGES.c.recipient,
        _ALERTS.c.subscription,
        _MESSAGES.c.state,
        _MESSAGES.c.created,
        _MESSAGES.c.settled,
        func.coalesce(_MESSAGES.c.answer, "").label("answer"),
    )
    .select_from(_MESSAGES.outerjoin(_ALERTS, _ALERTS.c.id == _MESSAGES.c.alert_id))
    .where(~_MESSAGES.c.is_told, _MESSAGES.c.state.in_([state.value for state in _TOLD_OF]))
    .order_by(_MESSAGES.c.id)
)
_NOTE_TOLD = update(_MESSAGES).where(_MESSAGES.c.id == bindparam("message")).values(is_told=True)
_ENDS = (MessageState.SENT, MessageState.FAILED, MessageState.CANCELLED)


def get_untold_messages(transaction: Transaction) -> tuple[Untold, ...]:
    """Return the messages of which the operator is to hear, the oldest first.

    They failed, are held, or were sent later than `LATE` after they were written.
    """
    rows = transaction.execute(_GET_UNTOLD)
    return tuple(
        Untold(
            id=MessageId(row.id),
            message_id=row.message_id,
            recipient=row.recipient,
            subscription=row.subscription,
            state=MessageState(row.state),
            created=row.created,
            settled=row.settled,
            answer=row.answer.partition("\n")[0],
            delay=row.answer.partition("\n")[2],
        )
        for row in rows
    )


def note_told(transaction: Transaction, messages: Collection[MessageId]) -> None:
    """Note that the operator knows what became of messages."""
    rows = [{"message": message} for message in messages]
    if rows:
        transaction.execute(_NOTE_TOLD, rows)


def get_first_start(transaction: Transaction) -> datetime | None:
    """Return when the daemon was first started; None before that."""
    first: datetime | None = transaction.scalar(select(func.min(_RULESETS.c.loaded)))
    return first


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a configuration and its rules ask for."""

    sources: tuple[str, ...] = ()
    rules: tuple[RuleName, ...] = ()
    """Those that make findings."""
    subscriptions: tuple[str, ...] = ()
    zone: tzinfo = UTC
    """Of the days in which rules hold too often."""


def get_health(transaction: Transaction, watched: Watched, now: datetime) -> HealthReport:
    """Return how the last week went, and how it stands now."""
    since = now - WEEK
    week = _documents_since(transaction, since)
    known = get_sources(transaction)
    failing, paused, well = split_sources(
        [known[name] for name in watched.sources if name in known]
    )
    began = _began(transaction) or now
    return HealthReport(
        since=since,
        until=now,
        failing=failing,
        paused=paused,
        silent=_silent(transaction, [state.name for state in well], week),
        stale=tuple(
            sorted(
                (file for file in get_rule_files(transaction) if file.stale_since is not None),
                key=lambda file: (file.stale_since or now, file.path),
            )
        ),
        idle=_idle(transaction, watched.rules, now) if began <= now - MONTH else None,
        busy=busy_rules(_held_often(transaction, week), watched.zone),
        unserved=_unserved(transaction, watched.subscriptions, since),
        week=_volumes(transaction, since, now),
        before=(_volumes(transaction, since - WEEK, since) if began <= since - WEEK else None),
        silences=_silences(transaction, now),
        archive=_archive(transaction),
    )


def _began(transaction: Transaction) -> datetime | None:
    """Return when the first document came."""
    first: datetime | None = transaction.scalar(
        select(_DOCUMENTS.c.seen).order_by(_DOCUMENTS.c.id).limit(1)
    )
    return first


def _documents_since(transaction: Transaction, moment: datetime) -> int:
    return _first_since(transaction, _DOCUMENTS.c.id, _DOCUMENTS.c.seen, moment)


def _first_since(
    transaction: Transaction,
    numbers: Column[int],
    moments: Column[datetime],
    moment: datetime,
) -> int:
    """Return the number from which on all rows of a table came at a moment or after it."""
    newest = transaction.scalar(select(func.max(numbers)))
    low, high = 0, 0 if newest is None else newest + 1
    while low < high:
        middle = (low + high) // 2
        row = transaction.execute(
            select(numbers, moments).where(numbers >= middle).order_by(numbers).limit(1)
        ).one()
        if row[1] >= moment:
            high = middle
        else:
            low = row[0] + 1
    return low


def _silent(
    transaction: Transaction, sources: Sequence[str], week: int
) -> tuple[SilentSource, ...]:
    """Return the sources that brought nothing this week but did before, the longest so first."""
    heard = select(_DOCUMENTS.c.source).where(_DOCUMENTS.c.id >= week).distinct()
    silent = []
    for name in set(sources).difference(transaction.scalars(heard)):
        newest = select(func.max(_DOCUMENTS.c.id)).where(_DOCUMENTS.c.source == name)
        last = transaction.scalar(
            select(_DOCUMENTS.c.seen).where(_DOCUMENTS.c.id == newest.scalar_subquery())
        )
        if last is not None:
            silent.append(SilentSource(name=name, last=last))
    return tuple(sorted(silent, key=lambda one: (one.last, one.name)))


def _idle(
    transaction: Transaction, rules: Sequence[RuleName], now: datetime
) -> tuple[RuleName, ...]:
    """Return the rules that did not hold for any document of the last month."""
    month = _documents_since(transaction, now - MONTH)
    held = set(
        transaction.scalars(
            select(_FINDINGS.c.rule).where(_FINDINGS.c.document_id >= month).distinct()
        )
    )
    return tuple(rule for rule in rules if rule.id not in held)


def _held_often(
    transaction: Transaction, week: int
) -> Iterator[tuple[RuleName, Collection[datetime]]]:
    """Yield the rules that held often this week, each with when each of its documents came."""
    often = (
        select(_FINDINGS.c.rule)
        .where(_FINDINGS.c.document_id >= week)
        .group_by(_FINDINGS.c.rule)
        .having(func.count() > BUSY)
    )
    for rule in transaction.scalars(often).all():
        its = transaction.execute(
            select(
                _FINDINGS.c.name,
                _FINDINGS.c.path,
                _FINDINGS.c.line,
                _DOCUMENTS.c.source,
                _DOCUMENTS.c.key,
                _DOCUMENTS.c.seen,
            )
            .join(_DOCUMENTS, _DOCUMENTS.c.id == _FINDINGS.c.document_id)
            .where(_FINDINGS.c.rule == rule, _FINDINGS.c.document_id >= week)
            .order_by(_FINDINGS.c.document_id.desc())
        ).all()
        newest = its[0]
        name = RuleName(id=rule, name=newest.name, place=Place(path=newest.path, line=newest.line))
        # An edited document is one document, from when it came first.
        yield name, {(row.source, row.key): row.seen for row in its}.values()


def _unserved(
    transaction: Transaction, subscriptions: Sequence[str], since: datetime
) -> tuple[str, ...]:
    served = set(
        transaction.scalars(
            select(_ALERTS.c.subscription).where(_ALERTS.c.created > since).distinct()
        )
    )
    return tuple(name for name in subscriptions if name not in served)


def _volumes(transaction: Transaction, since: datetime, until: datetime) -> Volumes:
    """Return how much there was from one moment to another."""
    first, end = (_documents_since(transaction, moment) for moment in (since, until))
    written = [
        _first_since(transaction, _MESSAGES.c.id, _MESSAGES.c.created, moment)
        for moment in (since, until)
    ]
    states = transaction.execute(
        select(_MESSAGES.c.state, func.count().label("mails"))
        .where(_MESSAGES.c.id >= written[0], _MESSAGES.c.id < written[1])
        .group_by(_MESSAGES.c.state)
    )
    mails = {row.state: row.mails for row in states}
    return Volumes(
        documents=_count(transaction, _DOCUMENTS.c.id, first, end),
        findings=_count(transaction, _FINDINGS.c.document_id, first, end),
        sent=mails.get(MessageState.SENT.value, 0),
        failed=mails.get(MessageState.FAILED.value, 0),
        waiting=sum(mails.values()) - sum(mails.get(state.value, 0) for state in _ENDS),
    )


def _count(transaction: Transaction, numbers: Column[int], first: int, end: int) -> int:
    within = select(func.count()).where(numbers >= first, numbers < end)
    return transaction.scalar(within) or 0


def count_since(transaction: Transaction, since: datetime) -> tuple[int, int]:
    """Return how many documents came since a moment, and how many findings they brought."""
    first = _documents_since(transaction, since)
    documents = select(func.count()).where(_DOCUMENTS.c.id >= first)
    findings = select(func.count()).where(_FINDINGS.c.document_id >= first)
    return transaction.scalar(documents) or 0, transaction.scalar(findings) or 0


def _silences(transaction: Transaction, now: datetime) -> tuple[SilenceInForce, ...]:
    """Return the silences in force, the one that hid most first."""
    hidden = count_hidden(transaction)
    in_force = [
        SilenceInForce(silence=one, findings=hidden.get(one.id, 0))
        for one in get_silences(transaction)
        if one.since <= now < one.until
    ]
    return tuple(sorted(in_force, key=lambda one: (-one.findings, one.silence.until)))


def _archive(transaction: Transaction) -> Archive:
    holdings = get_holdings(transaction)
    return Archive(documents=holdings.documents, size=holdings.size, free=holdings.free)
