"""Findings, and which subscription is still to be told of which."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select

from watch.core.alerts import AlertStory, StoryId, Told, ToldStory
from watch.core.model import (
    DocumentId,
    Finding,
    FindingId,
    Matching,
    Mention,
    Place,
    Severity,
)
from watch.store.db import VALUES, AnyRow, Transaction, rows_for
from watch.store.documents import document_in, get_mentions
from watch.store.stories import key_of
from watch.store.tables import DocumentRow, FindingRow, StoryRow, TellingRow, table_of

_DOCUMENTS = table_of(DocumentRow)
_FINDINGS = table_of(FindingRow)
_STORIES = table_of(StoryRow)
_TELLINGS = table_of(TellingRow)


# Statements are made once: to put one together takes longer than to execute it.
_ADD_FINDINGS = insert(_FINDINGS)
_GET_NUMBERS = select(_FINDINGS.c.document_id, _FINDINGS.c.rule, _FINDINGS.c.id).where(
    _FINDINGS.c.document_id.in_(VALUES)
)
_GET_FINDINGS = select(_FINDINGS).where(_FINDINGS.c.id.in_(VALUES)).order_by(_FINDINGS.c.id)
_GET_MOMENTS = (
    select(_FINDINGS.c.rule, _DOCUMENTS.c.seen)
    .join(_DOCUMENTS, _DOCUMENTS.c.id == _FINDINGS.c.document_id)
    .where(_FINDINGS.c.rule.in_(VALUES), _DOCUMENTS.c.seen > bindparam("after"))
)
_GET_KEYS = select(_STORIES.c.id, _STORIES.c.key).where(_STORIES.c.id.in_(VALUES))
_GET_DOCUMENTS = select(_DOCUMENTS).where(_DOCUMENTS.c.id.in_(VALUES)).order_by(_DOCUMENTS.c.id)


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
            "items": sorted({mention.item for mention in finding.mentions} - {""}),
        }


def get_told_stories(
    transaction: Transaction, stories: Sequence[AlertStory]
) -> tuple[ToldStory, ...]:
    """Return the documents of stories, each with those of its findings that are to be told."""
    findings = {number: story.story for story in stories for number in story.findings}
    by_document: dict[DocumentId, list[AnyRow]] = {}
    told: defaultdict[StoryId, list[Told]] = defaultdict(list)
    for row in rows_for(transaction, _GET_FINDINGS, sorted(findings)):
        by_document.setdefault(row.document_id, []).append(row)
    mentions = get_mentions(transaction, list(by_document))
    for row in rows_for(transaction, _GET_DOCUMENTS, sorted(by_document)):
        its = by_document[row.id]
        part = Told(
            document=document_in(row),
            findings=tuple(_finding_in(finding, mentions.get(row.id, [])) for finding in its),
        )
        told[findings[its[0].id]].append(part)
    keys = dict(rows_for(transaction, _GET_KEYS, told))
    return tuple(
        ToldStory(
            number=story.story,
            key=keys.get(story.story) or key_of(told[story.story][0].document),
            reason=story.reason,
            told=tuple(told[story.story]),
            told_first=story.told_first,
        )
        for story in stories
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


def get_moments(
    transaction: Transaction, rules: Iterable[str], after: datetime
) -> Mapping[str, Sequence[datetime]]:
    """Return when the documents came for which each rule held after a time."""
    moments: defaultdict[str, list[datetime]] = defaultdict(list)
    for rule, seen in rows_for(transaction, _GET_MOMENTS, rules, after=after):
        moments[rule].append(seen)
    return moments


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
