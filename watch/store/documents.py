"""Documents, revision by revision, with their mentions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, func, insert, select

from watch.core.model import Document, DocumentId, Field, Mention
from watch.store.db import Transaction
from watch.store.tables import DocumentRow, FindingRow, MentionRow, table_of

_DOCUMENTS = table_of(DocumentRow)
_MENTIONS = table_of(MentionRow)
_FINDINGS = table_of(FindingRow)

MOST_REVISIONS = 25
"""The document and 24 updates; a source whose text changes at each reading ends there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A document that was new, or new in this form."""

    id: DocumentId
    rules_before: frozenset[str]
    """The rules that held for it in an earlier form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a source has given before."""

    digests: Mapping[str, str]
    """By key: of what its source gave, also where the text is that of a page."""
    words: frozenset[str]
    """The `words_digest`s that some document of it has."""


def get_known(
    transaction: Transaction, source: str, keys: Collection[str], words: Collection[str]
) -> Known:
    """Return what is known of a source's documents, by their keys, and by their words."""
    found = select(_DOCUMENTS.c.words_digest).where(
        _DOCUMENTS.c.source == source, _DOCUMENTS.c.words_digest.in_(words)
    )
    return Known(
        digests=_digests(transaction, source, keys),
        words=frozenset(transaction.scalars(found)),
    )


def _digests(transaction: Transaction, source: str, keys: Collection[str]) -> dict[str, str]:
    """Return what the newest revision of each document known by these keys was made of."""
    newest = (
        select(_DOCUMENTS.c.key, func.max(_DOCUMENTS.c.revision).label("revision"))
        .where(_DOCUMENTS.c.source == source, _DOCUMENTS.c.key.in_(keys))
        .group_by(_DOCUMENTS.c.key)
        .subquery()
    )
    rows = transaction.execute(
        select(
            _DOCUMENTS.c.key,
            func.coalesce(_DOCUMENTS.c.entry_digest, _DOCUMENTS.c.digest).label("digest"),
        )
        .join(
            newest,
            (_DOCUMENTS.c.key == newest.c.key) & (_DOCUMENTS.c.revision == newest.c.revision),
        )
        # The subquery knows its source; so must the row it leads to.
        .where(_DOCUMENTS.c.source == source)
    )
    return {row.key: row.digest for row in rows}


def add_document(
    transaction: Transaction, document: Document, mentions: Sequence[Mention], *, ruleset: str
) -> Added | None:
    """Keep a document and its mentions; return None where its source has given it before.

    The same content under another key of the same source is the same document: a file that
    was moved, a feed that gives its entries new ids. Beyond MOST_REVISIONS nothing is added.
    """
    digest = document.digest
    known = select(_DOCUMENTS.c.id).where(
        _DOCUMENTS.c.source == document.source, _DOCUMENTS.c.digest == digest
    )
    if transaction.execute(known.limit(1)).first() is not None:
        return None
    same = (_DOCUMENTS.c.source == document.source) & (_DOCUMENTS.c.key == document.key)
    revision = (transaction.scalar(select(func.max(_DOCUMENTS.c.revision)).where(same)) or 0) + 1
    if revision > MOST_REVISIONS:
        return None
    found_before = (
        select(_FINDINGS.c.rule)
        .join(_DOCUMENTS, _FINDINGS.c.document_id == _DOCUMENTS.c.id)
        .where(same)
    )
    rules_before = frozenset(transaction.scalars(found_before) if revision > 1 else ())
    added = transaction.execute(
        insert(_DOCUMENTS)
        .values(
            source=document.source,
            key=document.key,
            revision=revision,
            digest=digest,
            words_digest=document.words_digest,
            entry_digest=document.entry_digest,
            title=document.title,
            text=document.text,
            url=document.url,
            published=document.published,
            seen=document.seen,
            languages=" ".join(document.languages),
            is_degraded=document.is_degraded,
            ruleset=ruleset,
        )
        .returning(_DOCUMENTS.c.id)
    )
    document_id: int = added.scalar_one()
    if mentions:
        transaction.execute(insert(_MENTIONS), _mention_rows(document_id, mentions))
    return Added(id=DocumentId(document_id), rules_before=rules_before)


def _mention_rows(document_id: int, mentions: Sequence[Mention]) -> list[dict[str, object]]:
    return [
        {
            "document_id": document_id,
            "ordinal": ordinal,
            "item": mention.item,
            "field": mention.field.value,
            "start": mention.start,
            "end": mention.end,
            "term": mention.term,
        }
        for ordinal, mention in enumerate(mentions)
    ]


def document_in(row: RowMapping) -> Document:
    """Return the document that a row of its table holds."""
    return Document(
        source=row["source"],
        key=row["key"],
        title=row["title"],
        text=row["text"],
        url=row["url"],
        published=row["published"],
        seen=row["seen"],
        languages=tuple(row["languages"].split()),
        is_degraded=row["is_degraded"],
    )


def get_mentions(
    transaction: Transaction, documents: Collection[DocumentId]
) -> dict[DocumentId, list[Mention]]:
    """Return the mentions of documents, each at its ordinal."""
    rows = transaction.execute(
        select(_MENTIONS)
        .where(_MENTIONS.c.document_id.in_(documents))
        .order_by(_MENTIONS.c.document_id, _MENTIONS.c.ordinal)
    ).mappings()
    found: dict[DocumentId, list[Mention]] = {}
    for row in rows:
        found.setdefault(row["document_id"], []).append(_mention_in(row))
    return found


def _mention_in(row: RowMapping) -> Mention:
    return Mention(
        item=row["item"],
        field=Field(row["field"]),
        start=row["start"],
        end=row["end"],
        term=row["term"],
    )
