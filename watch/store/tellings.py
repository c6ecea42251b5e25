"""Which subscription is to be told of which finding, and what became of it.

add_tellings ─► get_waiting ─► outbox.add_alert: told
└───────► settle: folded or silenced ─► get_unsaid ─► outbox.add_alert
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum, unique

from sqlalchemy import Integer, bindparam, func, insert, literal_column, select, update

from watch.core.alerts import (
    Folded,
    FoldedStory,
    Hidden,
    KnownStory,
    Past,
    Silence,
    Silenced,
    SilenceId,
    StoryId,
    Telling,
    Waiting,
)
from watch.core.model import DocumentId, FindingId, Severity
from watch.store.db import VALUES, AnyRow, Transaction, rows_for
from watch.store.tables import (
    AlertRow,
    DocumentRow,
    FindingRow,
    RulesetRow,
    SilenceRow,
    TellingRow,
    table_of,
)

_ALERTS = table_of(AlertRow)
_DOCUMENTS = table_of(DocumentRow)
_FINDINGS = table_of(FindingRow)
_RULESETS = table_of(RulesetRow)
_SILENCES = table_of(SilenceRow)
_SILENCES = table_of(SilenceRow)
_TELLINGS = table_of(TellingRow)

_RECENT = timedelta(hours=2)


@unique
class Outcome(Enum):
    """What became of a telling."""

    TOLD = "told"
    FOLDED = "folded"
    SILENCED = "silenced"


# Statements are made once: to put one together takes longer than to execute it.
_ADD_TELLINGS = insert(_TELLINGS)
_IS_WAITING = _TELLINGS.c.alert_id.is_(None) & _TELLINGS.c.outcome.is_(None)
_OF_FINDINGS = _TELLINGS.join(_FINDINGS, _FINDINGS.c.id == _TELLINGS.c.finding_id).join(
    _DOCUMENTS, _DOCUMENTS.c.id == _FINDINGS.c.document_id
)
# A document from before there were stories is one of its own.
_STORY = func.coalesce(_DOCUMENTS.c.story_id, -_DOCUMENTS.c.id)
_GET_WAITING = (
    select(
        _TELLINGS.c.finding_id,
        _TELLINGS.c.subscription,
        _TELLINGS.c.since,
        _FINDINGS.c.document_id,
        _FINDINGS.c.rule,
        _FINDINGS.c.severity,
        _FINDINGS.c["items"],
        _DOCUMENTS.c.source,
        _DOCUMENTS.c.revision,
        _STORY.label("story"),
    )
    .select_from(_OF_FINDINGS)
    .where(_IS_WAITING)
    .order_by(_TELLINGS.c.since, _TELLINGS.c.finding_id)
)
_GET_MARKS = select(
    select(func.count()).where(_IS_WAITING).scalar_subquery(),
    select(func.max(literal_column("tellings.rowid"))).where(_IS_WAITING).scalar_subquery(),
    select(func.count()).select_from(_SILENCES).scalar_subquery(),
    select(func.max(_SILENCES.c.id)).scalar_subquery(),
)
_GET_MAILS = (
    select(_ALERTS.c.subscription, _ALERTS.c.created)
    .where(_ALERTS.c.created > bindparam("after"))
    .order_by(_ALERTS.c.created)
)
_GET_LAST = select(func.max(_ALERTS.c.created)).where(_ALERTS.c.subscription == bindparam("reader"))
_GET_KNOWN = (
    select(_STORY, _TELLINGS.c.subscription, _FINDINGS.c.rule, _ALERTS.c.created)
    .select_from(_OF_FINDINGS.join(_ALERTS, _ALERTS.c.id == _TELLINGS.c.alert_id))
    .where(_TELLINGS.c.outcome == Outcome.TOLD.value, _DOCUMENTS.c.story_id.in_(VALUES))
)
_GET_UNSAID = (
    select(
        _TELLINGS.c.finding_id,
        _TELLINGS.c.outcome,
        _TELLINGS.c.silence_id,
        _FINDINGS.c.document_id,
        _DOCUMENTS.c.title,
        _DOCUMENTS.c.source,
        _STORY.label("story"),
    )
    .select_from(_OF_FINDINGS)
    .where(
        _TELLINGS.c.subscription == bindparam("reader"),
        _TELLINGS.c.outcome.in_([Outcome.FOLDED.value, Outcome.SILENCED.value]),
        _TELLINGS.c.alert_id.is_(None),
    )
    .order_by(_TELLINGS.c.finding_id)
)
_SETTLE = (
    update(_TELLINGS)
    .where(
        _IS_WAITING,
        _TELLINGS.c.finding_id == bindparam("finding"),
        _TELLINGS.c.subscription == bindparam("reader"),
        # A silence may have been lifted since it was read: what it hid then goes on waiting.
        bindparam("silence", type_=Integer).is_(None)
        | bindparam("silence", type_=Integer).in_(select(_SILENCES.c.id)),
    )
    .values(outcome=bindparam("what"), silence_id=bindparam("silence"))
)


def add_tellings(transaction: Transaction, tellings: Iterable[Telling]) -> None:
    """Note that subscriptions are to be told of findings."""
    rows = [
        {"finding_id": one.finding, "subscription": one.subscription, "since": one.since}
        for one in tellings
    ]
    if rows:
        transaction.execute(_ADD_TELLINGS, rows)


def get_waiting(transaction: Transaction) -> tuple[Waiting, ...]:
    """Return what subscriptions are still to be told, the oldest first."""
    return tuple(
        Waiting(
            finding=FindingId(row.finding_id),
            subscription=row.subscription,
            since=row.since,
            document=DocumentId(row.document_id),
            story=StoryId(row.story),
            rule=row.rule,
            severity=Severity(row.severity),
            source=row.source,
            items=tuple(row.items),
            is_update=row.revision > 1,
        )
        for row in transaction.execute(_GET_WAITING)
    )


def get_marks(transaction: Transaction) -> tuple[object, ...]:
    """Return what is another whenever there is more or less that waits, or other silences."""
    return tuple(transaction.execute(_GET_MARKS).one())


def count_waiting(transaction: Transaction) -> dict[str, int]:
    """Return how many findings each subscription is still to be told of."""
    rows = transaction.execute(
        select(_TELLINGS.c.subscription, func.count().label("findings"))
        .where(_IS_WAITING)
        .group_by(_TELLINGS.c.subscription)
        .order_by(_TELLINGS.c.subscription)
    )
    return {row.subscription: row.findings for row in rows}


def get_pasts(
    transaction: Transaction,
    subscriptions: Collection[str],
    stories: Collection[StoryId],
    now: datetime,
) -> dict[str, Past]:
    """Return what each subscription was told before: when, and of these stories which rules."""
    began = transaction.scalar(select(func.min(_RULESETS.c.loaded))) or now
    mails: defaultdict[str, list[datetime]] = defaultdict(list)
    for subscription, created in transaction.execute(_GET_MAILS, {"after": now - _RECENT}):
        mails[subscription].append(created)
    for name in subscriptions:
        if name not in mails and (last := transaction.scalar(_GET_LAST, {"reader": name})):
            mails[name].append(last)
    known = _known(transaction, stories)
    return {
        name: Past(served_since=began, mails=tuple(mails[name]), stories=known[name])
        for name in subscriptions
    }


def _known(
    transaction: Transaction, stories: Collection[StoryId]
) -> defaultdict[str, dict[StoryId, KnownStory]]:
    """Return of which stories subscriptions were told, by subscription."""
    known: defaultdict[str, dict[StoryId, KnownStory]] = defaultdict(dict)
    for story, subscription, rule, told in rows_for(transaction, _GET_KNOWN, stories):
        before = known[subscription].get(story)
        known[subscription][story] = KnownStory(
            rules=frozenset({rule}) if before is None else before.rules | {rule},
            first=told if before is None else min(told, before.first),
            last=told if before is None else max(told, before.last),
        )
    return known


def settle(
    transaction: Transaction, folded: Sequence[Folded], silenced: Sequence[Silenced]
) -> None:
    """Note what is not told because it was told before, or because it is silenced."""
    rows = [_settled(one, Outcome.FOLDED, None) for one in folded]
    rows += [_settled(one, Outcome.SILENCED, one.silence) for one in silenced]
    if rows:
        transaction.execute(_SETTLE, rows)


def _settled(
    one: Folded | Silenced, outcome: Outcome, silence: SilenceId | None
) -> dict[str, object]:
    return {
        "finding": one.finding,
        "reader": one.subscription,
        "what": outcome.value,
        "silence": silence,
    }


def get_unsaid(
    transaction: Transaction, subscription: str, silences: Collection[Silence]
) -> tuple[tuple[FoldedStory, ...], tuple[Hidden, ...]]:
    """Return what is folded and silenced of which no mail of a subscription has said so yet."""
    rows = transaction.execute(_GET_UNSAID, {"reader": subscription}).all()
    stories: defaultdict[int, list[AnyRow]] = defaultdict(list)
    hidden: defaultdict[int, list[FindingId]] = defaultdict(list)
    for row in rows:
        if row.outcome == Outcome.FOLDED.value:
            stories[row.story].append(row)
        else:
            hidden[row.silence_id].append(FindingId(row.finding_id))
    by_id = {silence.id: silence for silence in silences}
    return (
        tuple(
            FoldedStory(
                title=its[0].title,
                sources=tuple({row.document_id: row.source for row in its}.values()),
                findings=tuple(FindingId(row.finding_id) for row in its),
            )
            for its in stories.values()
        ),
        tuple(
            Hidden(silence=by_id[SilenceId(number)], findings=tuple(its))
            for number, its in hidden.items()
        ),
    )
