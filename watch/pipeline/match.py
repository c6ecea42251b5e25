"""Documents against the rules in force, and their acceptance: the promise begins here."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from watch.core.grouping import selects
from watch.core.matcher import Matcher
from watch.core.model import (
    Document,
    FileState,
    Matching,
    SourceState,
    Subscription,
    Waiting,
)
from watch.store.db import Transaction
from watch.store.documents import add_document
from watch.store.findings import add_findings, add_waiting
from watch.store.sources import put_files, put_source


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A document, and what the rules in force found in it."""

    document: Document
    matching: Matching


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one reading of a source brought, to be accepted as a whole."""

    checked: Sequence[Checked]
    ruleset: str
    """The fingerprint of the rules that checked it."""
    source: SourceState | None = None
    """How the source stands after this; None leaves it as it is."""
    files: Sequence[FileState] = ()
    is_news: bool = True
    """False for a baseline: its findings are kept as told, and nobody is mailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What was new in a batch."""

    documents: int
    findings: int
    waiting: int
    """Tellings to subscriptions that these findings brought."""


async def match_documents(matcher: Matcher, documents: Iterable[Document]) -> tuple[Checked, ...]:
    """Return each document with what the rules find in it; the loop is not held up."""

    def match_all() -> tuple[Checked, ...]:
        return tuple(
            Checked(document=document, matching=matcher.match(document)) for document in documents
        )

    return await asyncio.to_thread(match_all)


def accept(
    transaction: Transaction, batch: Batch, subscriptions: Sequence[Subscription]
) -> Accepted:
    """Keep a batch: documents, mentions, findings, who is to be told, how the source stands.

    All of it is one transaction. Were the source's validators kept apart, a crash between the
    two would turn into a 304 that hides entries for ever.
    """
    documents = findings = told = 0
    for checked in batch.checked:
        document, matching = checked.document, checked.matching
        added = add_document(transaction, document, matching.mentions, ruleset=batch.ruleset)
        if added is None:
            continue
        ids = add_findings(transaction, added.id, matching.mentions, matching.findings)
        waiting = [
            Waiting(finding=number, subscription=subscription.name, since=document.seen)
            for number, finding in zip(ids, matching.findings, strict=True)
            # Of an edited document only the rules are told that did not hold before.
            if batch.is_news and finding.rule not in added.rules_before
            for subscription in subscriptions
            if selects(subscription, finding)
        ]
        add_waiting(transaction, waiting)
        documents += 1
        findings += len(ids)
        told += len(waiting)
    if batch.source is not None:
        put_source(transaction, batch.source)
        put_files(transaction, batch.source.name, batch.files)
    return Accepted(documents=documents, findings=findings, waiting=told)
