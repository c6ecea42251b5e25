"""Findings, and which subscription is still to be told of which."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import func, insert, select

from watch.core.model import (
    DocumentId,
    Finding,
    FindingId,
    Matching,
    Mention,
    Place,
    Severity,
    Told,
    Waiting,
)
from watch.store.db import VALUES, AnyRow, Transaction, rows_for
from watch.store.documents import document_in, get_mentions
from watch.store.tables import DocumentRow, FindingRow, TellingRow, table_of

_DOCUMENTS = table_of(DocumentRow)
_FINDINGS = table_of(FindingRow)
_TELLINGS = table_of(TellingRow)


# Statements are made once: to put one together takes longer than to execute it.
_ADD_FINDINGS = insert(_FINDINGS)
_ADD_TELLINGS = insert(_TELLINGS)
_GET_NUMBERS = select(_FINDINGS.c.document_id, _FINDINGS.c.rule, _FINDINGS.c.id).where(
    _FINDINGS.c.document_id.in_(VALUES)
)
_GET_FINDINGS = select(_FINDINGS).where(_FINDINGS.c.id.in_(VALUES)).order_by(_FINDINGS.c.id)
_GET_DOCUMENTS = select(_DOCUMENTS).where(_DOCUMENTS.c.id.in_(VALUES)).order_by(_DOCUMENTS.c.id)
_GET_WAITING = (
    select(_TELLINGS.c.finding_id, _TELLINGS.c.subscription, _TELLINGS.c.since)
    .where(_TELLINGS.c.alert_id.is_(None))
    .order_by(_TELLINGS.c.since, _TELLINGS.c.finding_id)
)


def add_findings(
    transaction: Transaction, matchings: Sequence[tuple[DocumentId, Matching]]
) -> tuple[tuple[FindingId, ...], ...]:
    """Keep what was found in documents; return the numbers of each one's findings, in order."""
    rows = [row for document, matching in matchings for row in _rows(document, matching)]
    if rows:
        transaction.execute(_ADD_FINDINGS, rows)
    documents = {document for document, matching in matchings if matching.findings}
    numbers = {
        (document, rule): FindingId(number)
        for document, rule, number in rows_for(transaction, _GET_NUMBERS, documents)
    }
    return tuple(
        tuple(numbers[document, finding.rule] for finding in matching.findings)
        for document, matching in matchings
    )


def _rows(document: DocumentId, matching: Matching) -> Iterator[dict[str, object]]:
    ordinals = {mention: ordinal for ordinal, mention in enumerate(matching.mentions)}
    for finding in matching.findings:
        yield {
            "document_id": document,
            "rule": finding.rule,
            "name": finding.name,
            "severity": finding.severity.value,
            "tags": list(finding.tags),
            "path": finding.place.path,
            "line": finding.place.line,
            "note": finding.note,
            "mentions": [ordinals[mention] for mention in finding.mentions],
        }


def add_waiting(transaction: Transaction, waiting: Iterable[Waiting]) -> None:
    """Note that subscriptions are to be told of findings."""
    rows = [
        {"finding_id": one.finding, "subscription": one.subscription, "since": one.since}
        for one in waiting
    ]
    if rows:
        transaction.execute(_ADD_TELLINGS, rows)


def get_waiting(transaction: Transaction) -> tuple[Waiting, ...]:
    """Return what subscriptions are still to be told, the oldest first."""
    return tuple(
        Waiting(finding=finding, subscription=subscription, since=since)
        for finding, subscription, since in transaction.execute(_GET_WAITING)
    )


def count_waiting(transaction: Transaction) -> dict[str, int]:
    """Return how many findings each subscription is still to be told of."""
    rows = transaction.execute(
        select(_TELLINGS.c.subscription, func.count().label("findings"))
        .where(_TELLINGS.c.alert_id.is_(None))
        .group_by(_TELLINGS.c.subscription)
        .order_by(_TELLINGS.c.subscription)
    )
    return {row.subscription: row.findings for row in rows}


def get_told(transaction: Transaction, findings: Sequence[FindingId]) -> tuple[Told, ...]:
    """Return the documents of findings, each with those of its findings that are asked for."""
    by_document: dict[DocumentId, list[AnyRow]] = {}
    for row in rows_for(transaction, _GET_FINDINGS, sorted(findings)):
        by_document.setdefault(row.document_id, []).append(row)
    documents = rows_for(transaction, _GET_DOCUMENTS, sorted(by_document))
    mentions = get_mentions(transaction, list(by_document))
    return tuple(
        Told(
            document=document_in(row),
            findings=tuple(
                _finding_in(finding, mentions.get(row.id, [])) for finding in by_document[row.id]
            ),
        )
        for row in documents
    )


def _finding_in(row: AnyRow, mentions: Sequence[Mention]) -> Finding:
    return Finding(
        rule=row.rule,
        name=row.name,
        severity=Severity(row.severity),
        tags=tuple(row.tags),
        place=Place(path=row.path, line=row.line),
        note=row.note,
        mentions=tuple(mentions[ordinal] for ordinal in row.mentions),
    )


def count_findings(transaction: Transaction) -> dict[str, tuple[int, int, int]]:
    """Return for each source its documents, its findings, and those nobody was to be told of."""
    told = select(_TELLINGS.c.finding_id).distinct().subquery()
    rows = transaction.execute(
        select(
            _DOCUMENTS.c.source,
            func.count(_DOCUMENTS.c.id.distinct()),
            func.count(_FINDINGS.c.id),
            func.count(_FINDINGS.c.id) - func.count(told.c.finding_id),
        )
        .select_from(_DOCUMENTS)
        .outerjoin(_FINDINGS, _FINDINGS.c.document_id == _DOCUMENTS.c.id)
        .outerjoin(told, told.c.finding_id == _FINDINGS.c.id)
        .group_by(_DOCUMENTS.c.source)
    )
    return {source: (documents, findings, untold) for source, documents, findings, untold in rows}
