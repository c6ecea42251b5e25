"""Findings, and which subscription is still to be told of which."""

from collections.abc import Iterable, Sequence

from sqlalchemy import RowMapping, func, insert, select

from watch.core.model import (
    DocumentId,
    Finding,
    FindingId,
    Mention,
    Place,
    Severity,
    Told,
    Waiting,
)
from watch.store.db import Transaction
from watch.store.documents import document_in, get_mentions
from watch.store.tables import DocumentRow, FindingRow, TellingRow, table_of

_DOCUMENTS = table_of(DocumentRow)
_FINDINGS = table_of(FindingRow)
_TELLINGS = table_of(TellingRow)


def add_findings(
    transaction: Transaction,
    document: DocumentId,
    mentions: Sequence[Mention],
    findings: Sequence[Finding],
) -> tuple[FindingId, ...]:
    """Keep the findings of a document whose mentions these are; return their numbers in order."""
    ordinals = {mention: ordinal for ordinal, mention in enumerate(mentions)}
    return tuple(
        FindingId(
            transaction.execute(
                insert(_FINDINGS)
                .values(
                    document_id=document,
                    rule=finding.rule,
                    name=finding.name,
                    severity=finding.severity.value,
                    tags=list(finding.tags),
                    path=finding.place.path,
                    line=finding.place.line,
                    note=finding.note,
                    mentions=[ordinals[mention] for mention in finding.mentions],
                )
                .returning(_FINDINGS.c.id)
            ).scalar_one()
        )
        for finding in findings
    )


def add_waiting(transaction: Transaction, waiting: Iterable[Waiting]) -> None:
    """Note that subscriptions are to be told of findings."""
    rows = [
        {"finding_id": one.finding, "subscription": one.subscription, "since": one.since}
        for one in waiting
    ]
    if rows:
        transaction.execute(insert(_TELLINGS), rows)


def get_waiting(transaction: Transaction) -> tuple[Waiting, ...]:
    """Return what subscriptions are still to be told, the oldest first."""
    rows = transaction.execute(
        select(_TELLINGS)
        .where(_TELLINGS.c.alert_id.is_(None))
        .order_by(_TELLINGS.c.since, _TELLINGS.c.finding_id)
    ).mappings()
    return tuple(
        Waiting(finding=row["finding_id"], subscription=row["subscription"], since=row["since"])
        for row in rows
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
    wanted = select(_FINDINGS).where(_FINDINGS.c.id.in_(findings)).order_by(_FINDINGS.c.id)
    by_document: dict[DocumentId, list[RowMapping]] = {}
    for row in transaction.execute(wanted).mappings():
        by_document.setdefault(row["document_id"], []).append(row)
    documents = transaction.execute(
        select(_DOCUMENTS).where(_DOCUMENTS.c.id.in_(by_document)).order_by(_DOCUMENTS.c.id)
    ).mappings()
    mentions = get_mentions(transaction, list(by_document))
    return tuple(
        Told(
            document=document_in(row),
            findings=tuple(
                _finding_in(finding, mentions.get(row["id"], []))
                for finding in by_document[row["id"]]
            ),
        )
        for row in documents
    )


def _finding_in(row: RowMapping, mentions: Sequence[Mention]) -> Finding:
    return Finding(
        rule=row["rule"],
        name=row["name"],
        severity=Severity(row["severity"]),
        tags=tuple(row["tags"]),
        place=Place(path=row["path"], line=row["line"]),
        note=row["note"],
        mentions=tuple(mentions[ordinal] for ordinal in row["mentions"]),
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
