"""Documents, revision by revision, with their mentions."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, insert, select

from watch.core.model import Document, DocumentId, Field, Mention
from watch.store.db import VALUES, AnyRow, Transaction, rows_for
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
    """The rules that held for it in an earlier form, be that let go since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a source has given before."""

    digests: Mapping[str, str]
    """By key: of what its source gave, also where the text is that of a page."""
    words: frozenset[str]
    """The `words_digest`s that some document of it has."""


# Statements are made once: to put one together takes longer than to execute it.
_OF_SOURCE = _DOCUMENTS.c.source == bindparam("source")
_BY_KEY = _OF_SOURCE & _DOCUMENTS.c.key.in_(VALUES)
_BY_DIGEST = _OF_SOURCE & _DOCUMENTS.c.digest.in_(VALUES)

_GET_ANY = select(_DOCUMENTS.c.id).where(_OF_SOURCE).limit(1)
_GET_HELD = select(_DOCUMENTS.c.digest).where(_BY_DIGEST)
_GET_WORDS = select(_DOCUMENTS.c.words_digest).where(
    _OF_SOURCE & _DOCUMENTS.c.words_digest.in_(VALUES)
)
_GET_REVISIONS = (
    select(_DOCUMENTS.c.key, func.max(_DOCUMENTS.c.revision).label("revision"))
    .where(_BY_KEY)
    .group_by(_DOCUMENTS.c.key)
)
_NEWEST = _GET_REVISIONS.subquery()
_GET_DIGESTS = (
    select(_DOCUMENTS.c.key, func.coalesce(_DOCUMENTS.c.entry_digest, _DOCUMENTS.c.digest))
    .join(
        _NEWEST,
        (_DOCUMENTS.c.key == _NEWEST.c.key) & (_DOCUMENTS.c.revision == _NEWEST.c.revision),
    )
    # The subquery knows its source; so must the row it leads to.
    .where(_OF_SOURCE)
)
_GET_RULES = (
    select(_DOCUMENTS.c.key, _FINDINGS.c.rule)
    .join(_FINDINGS, _FINDINGS.c.document_id == _DOCUMENTS.c.id)
    .where(_BY_KEY)
)
_GET_RULES_LET_GO = select(_DOCUMENTS.c.key, _DOCUMENTS.c.rules).where(
    _BY_KEY, _DOCUMENTS.c.rules.is_not(None)
)
_GET_MENTIONS = (
    select(_MENTIONS)
    .where(_MENTIONS.c.document_id.in_(VALUES))
    .order_by(_MENTIONS.c.document_id, _MENTIONS.c.ordinal)
)
_NEXT = select(func.coalesce(func.max(_DOCUMENTS.c.id), 0) + 1)
_ADD_DOCUMENTS = insert(_DOCUMENTS)
_ADD_MENTIONS = insert(_MENTIONS)


def get_known(
    transaction: Transaction, source: str, keys: Collection[str], words: Collection[str]
) -> Known:
    """Return what is known of a source's documents, by their keys, and by their words."""
    if not _has_any(transaction, source):
        return Known(digests={}, words=frozenset())
    digests = rows_for(transaction, _GET_DIGESTS, keys, source=source)
    held = rows_for(transaction, _GET_WORDS, words, source=source)
    return Known(digests=dict(digests), words=frozenset(word for (word,) in held))


def add_documents(
    transaction: Transaction,
    documents: Sequence[tuple[Document, Sequence[Mention]]],
    *,
    ruleset: str,
) -> tuple[Added | None, ...]:
    """Keep documents of one source with their mentions; return in their order what was added.

    None stands for what the source has given before. The same content under another key of the
    same source is the same document: a file that was moved, a feed that gives its entries new
    ids. Beyond MOST_REVISIONS nothing is added. No two may have the same key: of an earlier
    revision the findings must be there, which are kept after their document.
    """
    if not documents:
        return ()
    source = documents[0][0].source
    new, revisions = _new(transaction, source, [document for document, _ in documents])
    # Numbered here, where nobody else writes meanwhile: for each INSERT to return its number would
    # take a statement for each.
    first: int = transaction.execute(_NEXT).scalar_one()
    ids = {key: DocumentId(number) for number, key in enumerate(new, first)}
    for key, row in new.items():
        row |= {"id": ids[key], "ruleset": ruleset}
    if new:
        transaction.execute(_ADD_DOCUMENTS, list(new.values()))
    before: defaultdict[str, set[str]] = defaultdict(set)
    edited = ids.keys() & revisions.keys()
    for key, rule in rows_for(transaction, _GET_RULES, edited, source=source):
        before[key].add(rule)
    for key, rules in rows_for(transaction, _GET_RULES_LET_GO, edited, source=source):
        before[key].update(rules)
    mentions = [
        row
        for document, its_mentions in documents
        if document.key in ids
        for row in _mention_rows(ids[document.key], its_mentions)
    ]
    if mentions:
        transaction.execute(_ADD_MENTIONS, mentions)
    return tuple(
        Added(id=ids[document.key], rules_before=frozenset(before[document.key]))
        if document.key in ids
        else None
        for document, _ in documents
    )


def _new(
    transaction: Transaction, source: str, documents: Sequence[Document]
) -> tuple[dict[str, dict[str, object]], Mapping[str, int]]:
    """Return the rows of what is to be added, by key, and how often each key was there before."""
    keys = [document.key for document in documents]
    digests = [document.digest for document in documents]
    revisions: dict[str, int] = {}
    known: set[str] = set()
    if _has_any(transaction, source):
        revisions = dict(rows_for(transaction, _GET_REVISIONS, keys, source=source))
        known = {digest for (digest,) in rows_for(transaction, _GET_HELD, digests, source=source)}
    rows = {}
    for document, digest in zip(documents, digests, strict=True):
        revision = revisions.get(document.key, 0) + 1
        if digest in known or revision > MOST_REVISIONS:
            continue
        known.add(digest)
        rows[document.key] = {
            "source": source,
            "key": document.key,
            "revision": revision,
            "digest": digest,
            "words_digest": document.words_digest,
            "entry_digest": document.entry_digest,
            "title": document.title,
            "text": document.text,
            "url": document.url,
            "published": document.published,
            "seen": document.seen,
            "languages": " ".join(document.languages),
            "is_degraded": document.is_degraded,
        }
    return rows, revisions


def _has_any(transaction: Transaction, source: str) -> bool:
    """Whether a source has given anything before; of a new one nothing more need be asked."""
    return transaction.execute(_GET_ANY, {"source": source}).first() is not None


def _mention_rows(document: DocumentId, mentions: Sequence[Mention]) -> Iterator[dict[str, object]]:
    for ordinal, mention in enumerate(mentions):
        yield {
            "document_id": document,
            "ordinal": ordinal,
            "item": mention.item,
            "field": mention.field.value,
            "start": mention.start,
            "end": mention.end,
            "term": mention.term,
        }


def document_in(row: AnyRow, text: str) -> Document:
    """Return the document that a row of its table holds, with its text."""
    return Document(
        source=row.source,
        key=row.key,
        title=row.title,
        text=text,
        url=row.url,
        published=row.published,
        seen=row.seen,
        languages=tuple(row.languages.split()),
        is_degraded=row.is_degraded,
    )


def get_mentions(
    transaction: Transaction, documents: Collection[DocumentId]
) -> dict[DocumentId, list[Mention]]:
    """Return the mentions of documents, each at its ordinal."""
    found: dict[DocumentId, list[Mention]] = {}
    for row in rows_for(transaction, _GET_MENTIONS, documents):
        found.setdefault(row.document_id, []).append(_mention_in(row))
    return found


def _mention_in(row: AnyRow) -> Mention:
    return Mention(
        item=row.item,
        field=Field(row.field),
        start=row.start,
        end=row.end,
        term=row.term,
    )
