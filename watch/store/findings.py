"""Findings, and which subscription is still to be told of which."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from sqlalchemy import ColumnElement, bindparam, func, insert, select

from watch.core.alerts import AlertStory, SilenceId, StoryId, Told, ToldStory
from watch.core.model import (
    DocumentId,
    Finding,
    FindingId,
    Matching,
    Mention,
    Place,
    Severity,
    name_of,
)
from watch.store.db import VALUES, AnyRow, Transaction, rows_for
from watch.store.documents import document_in, get_mentions
from watch.store.stories import key_of
from watch.store.tables import (
    AlertRow,
    DocumentRow,
    FindingRow,
    StoryRow,
    TellingRow,
    table_of,
)
from watch.store.tellings import Outcome

_ALERTS = table_of(AlertRow)
_DOCUMENTS = table_of(DocumentRow)
_FINDINGS = table_of(FindingRow)
_STORIES = table_of(StoryRow)
_TELLINGS = table_of(TellingRow)


# Statements are made once: to put one together takes longer than to execute it.
_ADD_FINDINGS = insert(_FINDINGS)
_NEXT = select(func.coalesce(func.max(_FINDINGS.c.id), 0) + 1)
_GET_FINDINGS = select(_FINDINGS).where(_FINDINGS.c.id.in_(VALUES)).order_by(_FINDINGS.c.id)
_GET_MOMENTS = (
    select(_FINDINGS.c.rule, _DOCUMENTS.c.seen)
    .join(_DOCUMENTS, _DOCUMENTS.c.id == _FINDINGS.c.document_id)
    .where(_FINDINGS.c.rule.in_(VALUES), _DOCUMENTS.c.seen > bindparam("after"))
)
_GET_KEYS = select(_STORIES.c.id, _STORIES.c.key).where(_STORIES.c.id.in_(VALUES))
_GET_FATES = (
    select(_TELLINGS, _ALERTS.c.created)
    .outerjoin(_ALERTS, _ALERTS.c.id == _TELLINGS.c.alert_id)
    .where(_TELLINGS.c.finding_id.in_(VALUES))
    .order_by(_TELLINGS.c.subscription)
)
_GET_HEADS = (
    select(*(column for column in _DOCUMENTS.c if column.name != "text"))
    .where(_DOCUMENTS.c.id.in_(VALUES))
    .order_by(_DOCUMENTS.c.id)
)
_GET_TEXTS = select(_DOCUMENTS.c.id, _DOCUMENTS.c.text).where(_DOCUMENTS.c.id.in_(VALUES))


def add_findings(
    transaction: Transaction, matchings: Sequence[tuple[DocumentId, Matching]]
) -> tuple[tuple[FindingId, ...], ...]:
    """Keep what was found in documents; return the numbers of each one's findings, in order."""
    rows = [row for document, matching in matchings for row in _rows(document, matching)]
    if not rows:
        return tuple(() for _ in matchings)
    # Numbered here, where nobody else writes meanwhile.
    first: int = transaction.execute(_NEXT).scalar_one()
    numbered = [row | {"id": number} for number, row in enumerate(rows, first)]
    transaction.execute(_ADD_FINDINGS, numbered)
    numbers = map(FindingId, count(first))
    return tuple(tuple(next(numbers) for _ in matching.findings) for _, matching in matchings)


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
    transaction: Transaction, stories: Sequence[AlertStory], *, in_full: int
) -> tuple[ToldStory, ...]:
    """Return stories with their documents, each with those of its findings that are to be told.

    The highest severity comes first, then the newest. Beyond so many `in_full` the documents come
    without their texts, and the findings without their mentions: a storm may hold all there is.
    """
    numbers = {number: story.story for story in stories for number in story.findings}
    findings: dict[DocumentId, list[AnyRow]] = {}
    for row in rows_for(transaction, _GET_FINDINGS, sorted(numbers)):
        findings.setdefault(row.document_id, []).append(row)
    heads: defaultdict[StoryId, list[AnyRow]] = defaultdict(list)
    for row in rows_for(transaction, _GET_HEADS, sorted(findings)):
        heads[numbers[findings[row.id][0].id]].append(row)

    def rank(story: AlertStory) -> tuple[int, datetime]:
        return max(
            (max(finding.severity for finding in findings[head.id]), head.published or head.seen)
            for head in heads[story.story]
        )

    ordered = sorted(stories, key=rank, reverse=True)
    whole = [head.id for story in ordered[:in_full] for head in heads[story.story]]
    texts = dict(rows_for(transaction, _GET_TEXTS, whole))
    mentions = get_mentions(transaction, whole)
    keys = dict(rows_for(transaction, _GET_KEYS, heads))
    return tuple(
        ToldStory(
            number=story.story,
            # A document from before there were stories is the first of its own.
            key=keys.get(story.story) or key_of(_name_in(heads[story.story][0])),
            reason=story.reason,
            told=tuple(
                Told(
                    document=document_in(head, texts.get(head.id, "")),
                    name=_name_in(head),
                    findings=tuple(
                        _finding_in(finding, mentions.get(head.id)) for finding in findings[head.id]
                    ),
                )
                for head in heads[story.story]
            ),
            told_first=story.told_first,
        )
        for story in ordered
    )


def _name_in(row: AnyRow) -> str:
    return name_of(row.source, row.key, row.digest)


def _finding_in(row: AnyRow, mentions: Sequence[Mention] | None) -> Finding:
    return Finding(
        rule=row.rule,
        name=row.name,
        severity=Severity(row.severity),
        tags=tuple(row.tags),
        place=Place(path=row.path, line=row.line),
        note=row.note,
        mentions=() if mentions is None else tuple(mentions[one] for one in row.mentions),
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
    """Return for each source its documents, its findings, and those nobody was to be told of.

    Documents that were let go are not counted.
    """
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
        # The moment asks nothing, but leads to the index that holds these alone.
        .where(_DOCUMENTS.c.rules.is_(None), _DOCUMENTS.c.seen > datetime.min.replace(tzinfo=UTC))
        .group_by(_DOCUMENTS.c.source)
    )
    return {source: (documents, findings, untold) for source, documents, findings, untold in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which findings are asked for; what is left out asks nothing."""

    rule: str | None = None
    """An id, or a glob over ids."""
    item: str | None = None
    """The id of an item that is mentioned."""
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Up to, and not at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a finding for one subscription."""

    subscription: str
    outcome: Outcome | None
    """None as long as it waits."""
    told: datetime | None = None
    """When the mail was made that tells it, or that says that it is not told."""
    silence: SilenceId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A finding without its mentions and the text of its document."""

    number: FindingId
    seen: datetime
    severity: Severity
    rule: str
    name: str
    items: tuple[str, ...]
    source: str
    key: str
    title: str
    url: str | None
    story: StoryId | None
    """None where no story was sought: it was accepted by an older version."""
    fates: tuple[Fate, ...]
    """Empty where it is nobody's: no subscription asked for it, or it belongs to a baseline."""


def list_findings(
    transaction: Transaction, choice: Choice, *, before: FindingId | None = None, most: int
) -> tuple[Listed, ...]:
    """Return so many findings at most, the newest first; those older than `before`.

    To go on, ask for those before the last: what comes meanwhile shifts nothing.
    """
    rows = transaction.execute(
        select(
            _FINDINGS,
            _DOCUMENTS.c.seen,
            _DOCUMENTS.c.source,
            _DOCUMENTS.c.key,
            _DOCUMENTS.c.title,
            _DOCUMENTS.c.url,
            _DOCUMENTS.c.story_id,
        )
        .join(_DOCUMENTS, _DOCUMENTS.c.id == _FINDINGS.c.document_id)
        .where(*_conditions(choice), *([] if before is None else [_FINDINGS.c.id < before]))
        .order_by(_FINDINGS.c.id.desc())
        .limit(most)
    ).all()
    fates: defaultdict[int, list[Fate]] = defaultdict(list)
    for row in rows_for(transaction, _GET_FATES, [row.id for row in rows]):
        fates[row.finding_id].append(_fate_in(row))
    return tuple(
        Listed(
            number=FindingId(row.id),
            seen=row.seen,
            severity=Severity(row.severity),
            rule=row.rule,
            name=row.name,
            # By its key: `items` is a method of every row.
            items=tuple(row._mapping["items"]),  # noqa: SLF001 (its public name)
            source=row.source,
            key=row.key,
            title=row.title,
            url=row.url,
            story=None if row.story_id is None else StoryId(row.story_id),
            fates=tuple(fates[row.id]),
        )
        for row in rows
    )


def _conditions(choice: Choice) -> Iterator[ColumnElement[bool]]:
    if choice.rule is not None:
        # SQLite has the globs of a subscription, but for the sign of "none of these".
        yield _FINDINGS.c.rule.op("GLOB")(choice.rule.replace("[!", "[^"))
    if choice.item is not None:
        items = func.json_each(_FINDINGS.c["items"]).table_valued("value")
        yield select(items.c.value).where(items.c.value == choice.item).exists()
    if choice.source is not None:
        yield _DOCUMENTS.c.source == choice.source
    if choice.since is not None:
        yield _DOCUMENTS.c.seen >= choice.since
    if choice.until is not None:
        yield _DOCUMENTS.c.seen < choice.until


def _fate_in(row: AnyRow) -> Fate:
    return Fate(
        subscription=row.subscription,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        told=row.created,
        silence=None if row.silence_id is None else SilenceId(row.silence_id),
    )
