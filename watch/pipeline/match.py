"""Documents against the rules in force, and their acceptance: the promise begins here."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from watch.core.alerts import Telling
from watch.core.cleaning import clip
from watch.core.grouping import selects
from watch.core.matcher import Matcher
from watch.core.model import (
    Document,
    FileState,
    FindingId,
    Matching,
    SourceState,
    Subscription,
)
from watch.core.story import Sketch, sketch_of
from watch.store.db import Transaction
from watch.store.documents import Added, add_documents
from watch.store.findings import add_findings
from watch.store.sources import put_files, put_source
from watch.store.stories import place_in_stories
from watch.store.tellings import add_tellings

log = logging.getLogger(__name__)

MOST_LOGGED = 5
"""Rules of one document that could not be checked in full, a line each; the rest is a number."""
_LONGEST_KEY = 200
"""Characters of a document's key that are logged: a feed may make it as long as it likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A document, and what the rules in force found in it."""

    document: Document
    matching: Matching
    sketch: Sketch | None = None
    """Of its wording, where something was found."""


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

    def __add__(self, other: "Accepted") -> "Accepted":
        """Return what was new in both."""
        return Accepted(
            documents=self.documents + other.documents,
            findings=self.findings + other.findings,
            waiting=self.waiting + other.waiting,
        )


async def match_documents(matcher: Matcher, documents: Iterable[Document]) -> tuple[Checked, ...]:
    """Return each document with what the rules find in it; the loop is not held up.

    Rules that could not be checked in full are told in the log.
    """

    def match_all() -> tuple[Checked, ...]:
        return tuple(_check(matcher, document) for document in documents)

    matched = await asyncio.to_thread(match_all)
    for checked in matched:
        _log_failures(checked)
    return matched


def _check(matcher: Matcher, document: Document) -> Checked:
    matching = matcher.match(document)
    sketch = sketch_of(document) if matching.findings else None
    return Checked(document=document, matching=matching, sketch=sketch)


def _log_failures(checked: Checked) -> None:
    failures = checked.matching.failures
    document = checked.document
    named = {"source": document.source, "document": clip(document.key, _LONGEST_KEY)}
    for failure in failures[:MOST_LOGGED]:
        log.warning(
            "rule not checked in full",
            extra={"rule": failure.rule, **named, "why": failure.text},
        )
    if more := len(failures[MOST_LOGGED:]):
        log.warning("more rules not checked in full", extra={**named, "more": more})


def accept(
    transaction: Transaction, batch: Batch, subscriptions: Sequence[Subscription]
) -> Accepted:
    """Keep a batch: documents, mentions, findings, stories, who is to be told, the source's state.

    All of it is one transaction. Were the source's validators kept apart, a crash between the
    two would turn into a 304 that hides entries for ever.
    """
    documents = findings = told = 0
    for part in _apart(batch.checked):
        new = _add(transaction, part, ruleset=batch.ruleset)
        place_in_stories(
            transaction,
            [
                (added.id, one.document, one.sketch)
                for one, added, _ in new
                if one.sketch is not None
            ],
        )
        tellings = [
            Telling(finding=number, subscription=subscription.name, since=one.document.seen)
            for one, added, numbers in new
            for number, finding in zip(numbers, one.matching.findings, strict=True)
            # Of an edited document only the rules are told that did not hold before.
            if batch.is_news and finding.rule not in added.rules_before
            for subscription in subscriptions
            if selects(subscription, finding)
        ]
        add_tellings(transaction, tellings)
        documents += len(new)
        findings += sum(len(numbers) for _, _, numbers in new)
        told += len(tellings)
    if batch.source is not None:
        put_source(transaction, batch.source)
        put_files(transaction, batch.source.name, batch.files)
    return Accepted(documents=documents, findings=findings, waiting=told)


def _apart(batch: Iterable[Checked]) -> Iterator[list[Checked]]:
    """Yield the documents in their order, no two of a part with the same key.

    A revision is kept with its findings before the next, which asks for them.
    """
    part: dict[str, Checked] = {}
    for checked in batch:
        if checked.document.key in part:
            yield list(part.values())
            part = {}
        part[checked.document.key] = checked
    if part:
        yield list(part.values())


def _add(
    transaction: Transaction, part: Sequence[Checked], *, ruleset: str
) -> list[tuple[Checked, Added, tuple[FindingId, ...]]]:
    """Keep what is new with its mentions and findings; return it, with the findings' numbers."""
    documents = [(one.document, one.matching.mentions) for one in part]
    added = add_documents(transaction, documents, ruleset=ruleset)
    new = [(one, its) for one, its in zip(part, added, strict=True) if its is not None]
    numbers = add_findings(transaction, [(its.id, one.matching) for one, its in new])
    return [(*one, its_numbers) for one, its_numbers in zip(new, numbers, strict=True)]
