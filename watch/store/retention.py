"""What is old and settled is let go; of a document so much stays that it is known again.

    get_page ─► let_documents_go: mentions, findings, tellings, stories; the document is emptied
    get_old_mail ─► remove_messages, remove_alerts
    tidy: silences, hosts, rulesets, departures

What a source has given must never come back as new. So the row of a document stays, every
revision of it, without its words: its key and digests, by which it is known, and the rules that
held for it, so that they are not told again when it is edited.

A story is let go when all of it is old: as long as it lives, it is known of what it was told.
Each write is small, whole by itself, and does nothing a second time.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
)

from watch.core.alerts import SilenceKind
from watch.core.model import AlertId, DocumentId, MessageId, MessageState
from watch.core.story import Sketch, marks_of
from watch.store.db import VALUES, Transaction, rows_for
from watch.store.tables import (
    AlertRow,
    DepartureRow,
    DocumentRow,
    FindingRow,
    HostRow,
    MentionRow,
    MessageRow,
    RulesetRow,
    SilenceRow,
    StoryMarkRow,
    StoryRow,
    TellingRow,
    UtcDateTime,
    table_of,
)
from watch.store.tellings import Outcome

_ALERTS = table_of(AlertRow)
_DEPARTURES = table_of(DepartureRow)
_DOCUMENTS = table_of(DocumentRow)
_FINDINGS = table_of(FindingRow)
_HOSTS = table_of(HostRow)
_MARKS = table_of(StoryMarkRow)
_MENTIONS = table_of(MentionRow)
_MESSAGES = table_of(MessageRow)
_RULESETS = table_of(RulesetRow)
_SILENCES = table_of(SilenceRow)
_STORIES = table_of(StoryRow)
_TELLINGS = table_of(TellingRow)

_ENDS = [state.value for state in (MessageState.SENT, MessageState.FAILED, MessageState.CANCELLED)]
_BEFORE = bindparam("before", type_=UtcDateTime)
_NOW = bindparam("now", type_=UtcDateTime)
_IS_WHOLE = _DOCUMENTS.c.rules.is_(None)


def _has_message_left(alert: Column[int]) -> ColumnElement[bool]:
    return exists().where(_MESSAGES.c.alert_id == alert, _MESSAGES.c.state.not_in(_ENDS))


# It waits; or is hidden by a silence in force, and waits again when that is lifted; or a mail of
# it has not ended. What is folded or was hidden, and no mail came to say so in all this time, goes.
_IS_UNSETTLED = or_(
    _TELLINGS.c.outcome.is_(None),
    (_TELLINGS.c.outcome == Outcome.SILENCED.value)
    & _TELLINGS.c.alert_id.is_(None)
    & _TELLINGS.c.silence_id.in_(select(_SILENCES.c.id).where(_SILENCES.c.until > _NOW)),
    _has_message_left(_TELLINGS.c.alert_id),
)
_TOLD = _TELLINGS.join(_FINDINGS, _FINDINGS.c.id == _TELLINGS.c.finding_id)
_GET_UNSETTLED = (
    select(_FINDINGS.c.document_id)
    .select_from(_TOLD)
    .where(_FINDINGS.c.document_id.in_(VALUES), _IS_UNSETTLED)
    .distinct()
)


def _is_edited_since(documents: Table) -> ColumnElement[bool]:
    later = _DOCUMENTS.alias("later")
    return exists().where(
        later.c.source == documents.c.source,
        later.c.key == documents.c.key,
        later.c.revision > documents.c.revision,
        later.c.seen >= _BEFORE,
    )


# As the index has it that holds these alone.
_ORDER = (_DOCUMENTS.c.seen, _DOCUMENTS.c.source, _DOCUMENTS.c.id)
_GET_PAGE = (
    select(
        *_ORDER,
        _DOCUMENTS.c.story_id,
        _is_edited_since(_DOCUMENTS).label("is_edited"),
        select(func.count())
        .where(_MENTIONS.c.document_id == _DOCUMENTS.c.id)
        .scalar_subquery()
        .label("mentions"),
    )
    .where(
        _IS_WHOLE,
        _DOCUMENTS.c.seen < _BEFORE,
        tuple_(*_ORDER)
        > tuple_(bindparam("seen", type_=UtcDateTime), *map(bindparam, ("source", "id"))),
    )
    .order_by(*_ORDER)
    .limit(bindparam("most"))
)
_GET_LIVING = (
    select(_DOCUMENTS.c.story_id)
    .where(
        _DOCUMENTS.c.story_id.in_(VALUES),
        or_(
            _DOCUMENTS.c.seen >= _BEFORE,
            _is_edited_since(_DOCUMENTS),
            exists()
            .select_from(_TOLD)
            .where(_FINDINGS.c.document_id == _DOCUMENTS.c.id, _IS_UNSETTLED),
        ),
    )
    .distinct()
)
_GET_SILENCED = select(_SILENCES.c.value).where(
    _SILENCES.c.kind == SilenceKind.STORY.value, _SILENCES.c.until > _NOW
)
_GET_NEWEST = select(func.max(_DOCUMENTS.c.id))


class Bookmark(NamedTuple):
    """The last document of a page: the next begins after it."""

    seen: datetime
    source: str
    id: int


_START = Bookmark(datetime.min.replace(tzinfo=UTC), "", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of the old documents, the oldest first."""

    documents: Mapping[DocumentId, int]
    """Those that can be let go, each with how many mentions it has."""
    last: Bookmark | None
    """None when there is no other page."""
    newest: int
    """The newest document when this was read."""


def get_page(
    transaction: Transaction,
    before: datetime,
    now: datetime,
    *,
    after: Bookmark | None,
    most: int,
) -> Page:
    """Return so many documents at most that came before a time and are whole."""
    parts = {"before": before, "most": most, **(after or _START)._asdict()}
    rows = transaction.execute(_GET_PAGE, parts).all()
    times = {"before": before, "now": now}
    stories = {row.story_id for row in rows if row.story_id is not None}
    living = {story for (story,) in rows_for(transaction, _GET_LIVING, stories, **times)}
    living.update(int(value) for value in transaction.scalars(_GET_SILENCED, {"now": now}))
    unsettled = _unsettled(transaction, [row.id for row in rows], now)
    return Page(
        documents={
            DocumentId(row.id): row.mentions
            for row in rows
            if not row.is_edited and row.story_id not in living and row.id not in unsettled
        },
        last=Bookmark(*rows[-1][:3]) if len(rows) == most else None,
        newest=transaction.scalar(_GET_NEWEST) or 0,
    )


def _unsettled(transaction: Transaction, documents: Iterable[int], now: datetime) -> set[int]:
    return {one for (one,) in rows_for(transaction, _GET_UNSETTLED, documents, now=now)}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetGo:
    """How much was let go."""

    documents: int = 0
    findings: int = 0
    mails: int = 0

    def __add__(self, other: "LetGo") -> "LetGo":
        """Return how much both are."""
        return LetGo(
            documents=self.documents + other.documents,
            findings=self.findings + other.findings,
            mails=self.mails + other.mails,
        )


_LATER = _DOCUMENTS.alias("later")
_GET_EDITED = select(_DOCUMENTS.c.id, _DOCUMENTS.c.story_id).join(
    _LATER,
    (_LATER.c.id > bindparam("newest"))
    & (_LATER.c.revision > 1)
    & (_LATER.c.source == _DOCUMENTS.c.source)
    & (_LATER.c.key == _DOCUMENTS.c.key)
    & (_LATER.c.revision > _DOCUMENTS.c.revision),
)
_GET_RULES = select(_FINDINGS.c.document_id, _FINDINGS.c.id, _FINDINGS.c.rule).where(
    _FINDINGS.c.document_id.in_(VALUES)
)
_GET_STORIES = (
    select(_DOCUMENTS.c.story_id)
    .where(_DOCUMENTS.c.id.in_(VALUES), _DOCUMENTS.c.story_id.is_not(None))
    .distinct()
)
_REMOVE_TELLINGS = delete(_TELLINGS).where(_TELLINGS.c.finding_id.in_(VALUES))
_REMOVE_FINDINGS = delete(_FINDINGS).where(_FINDINGS.c.document_id.in_(VALUES))
_REMOVE_MENTIONS = delete(_MENTIONS).where(_MENTIONS.c.document_id.in_(VALUES))
_KEPT = ("id", "source", "key", "revision", "digest", "words_digest", "entry_digest", "seen")
_TAKE_DOCUMENTS = (
    delete(_DOCUMENTS)
    .where(_DOCUMENTS.c.id.in_(VALUES), _IS_WHOLE)
    .returning(*(_DOCUMENTS.c[name] for name in _KEPT))
)
_PUT_DOCUMENTS = insert(_DOCUMENTS)
_EMPTY = {"title": "", "text": "", "languages": "", "is_degraded": False, "ruleset": ""}
_GET_OVER = select(_STORIES.c.id, _STORIES.c.sketch).where(
    _STORIES.c.id.in_(VALUES), ~exists().where(_DOCUMENTS.c.story_id == _STORIES.c.id)
)
_REMOVE_MARK = delete(_MARKS).where(
    _MARKS.c.mark == bindparam("its_mark"), _MARKS.c.story_id == bindparam("its_story")
)
_REMOVE_STORIES = delete(_STORIES).where(_STORIES.c.id.in_(VALUES))


def let_documents_go(
    transaction: Transaction, documents: Collection[DocumentId], now: datetime, *, newest: int
) -> LetGo:
    """Empty documents of a page, with all that hangs on them; return how much that was.

    What was settled may wait again since the page was read: it stays. So do all, for now, when
    one of them, or of their stories, was edited since.
    """
    going = sorted(set(documents) - _unsettled(transaction, documents, now))
    its = {"values": going}
    stories = set(transaction.scalars(_GET_STORIES, its))
    edited = transaction.execute(_GET_EDITED, {"newest": newest})
    if any(row.id in documents or row.story_id in stories for row in edited):
        return LetGo()
    findings = transaction.execute(_GET_RULES, its).all()
    transaction.execute(_REMOVE_TELLINGS, {"values": [row.id for row in findings]})
    transaction.execute(_REMOVE_FINDINGS, its)
    transaction.execute(_REMOVE_MENTIONS, its)
    rules: dict[int, list[str]] = {}
    for row in findings:
        rules.setdefault(row.document_id, []).append(row.rule)
    # Taken out and put back, for a row that only shrinks leaves its page as empty as it gets:
    # what is left of a text of 2.7 kB was measured to take 4.4 kB so, and .7 kB this way.
    taken = transaction.execute(_TAKE_DOCUMENTS, its).all()
    left = [{**row._asdict(), **_EMPTY, "rules": rules.get(row.id, [])} for row in taken]
    if left:
        transaction.execute(_PUT_DOCUMENTS, left)
    _remove_stories(transaction, stories)
    return LetGo(documents=len(left), findings=len(findings))


def _remove_stories(transaction: Transaction, stories: Collection[int]) -> None:
    """Remove those of the stories that no document tells any more."""
    over = list(rows_for(transaction, _GET_OVER, stories))
    marks = [
        {"its_mark": mark, "its_story": row.id}
        for row in over
        for mark in marks_of(Sketch.unpacked(row.sketch))
    ]
    if marks:
        transaction.execute(_REMOVE_MARK, marks)
    transaction.execute(_REMOVE_STORIES, {"values": [row.id for row in over]})


_NEWER = _ALERTS.alias("newer")
_GET_ALERTS = (
    select(_ALERTS.c.id)
    .where(
        _ALERTS.c.created < _BEFORE,
        # When a subscription was last mailed, its next mail goes by.
        exists().where(
            _NEWER.c.subscription == _ALERTS.c.subscription, _NEWER.c.created > _ALERTS.c.created
        ),
        ~exists().where(_TELLINGS.c.alert_id == _ALERTS.c.id),
        ~_has_message_left(_ALERTS.c.id),
    )
    .order_by(_ALERTS.c.created)
    .limit(bindparam("most"))
)
_GET_MESSAGES = select(_MESSAGES.c.id).where(_MESSAGES.c.alert_id.in_(VALUES))
_GET_NOTICES = (
    select(_MESSAGES.c.id)
    .where(
        _MESSAGES.c.alert_id.is_(None), _MESSAGES.c.created < _BEFORE, _MESSAGES.c.state.in_(_ENDS)
    )
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldMail:
    """Alerts whose findings were let go, and messages that have ended."""

    alerts: tuple[AlertId, ...]
    messages: tuple[MessageId, ...]
    """All that those alerts have, and notices."""


def get_old_mail(transaction: Transaction, before: datetime, *, most: int) -> OldMail:
    """Return so many alerts at most, and so many notices, that were made before a time.

    Of each subscription the last alert stays.
    """
    parts = {"before": before, "most": most}
    alerts = transaction.scalars(_GET_ALERTS, parts).all()
    messages = [number for (number,) in rows_for(transaction, _GET_MESSAGES, alerts)]
    messages += transaction.scalars(_GET_NOTICES, parts)
    return OldMail(alerts=tuple(map(AlertId, alerts)), messages=tuple(map(MessageId, messages)))


def remove_messages(transaction: Transaction, messages: Sequence[MessageId]) -> LetGo:
    """Remove messages; return how many there were."""
    removed = delete(_MESSAGES).where(_MESSAGES.c.id.in_(messages))
    return LetGo(mails=transaction.execute(removed).rowcount)


def remove_alerts(transaction: Transaction, alerts: Sequence[AlertId]) -> None:
    """Remove alerts whose messages were removed."""
    transaction.execute(delete(_ALERTS).where(_ALERTS.c.id.in_(alerts)))


_GET_OLDEST = select(func.min(_DOCUMENTS.c.seen)).where(_IS_WHOLE)


def tidy(transaction: Transaction, before: datetime) -> None:
    """Remove what else is old and nothing refers to: a few rows a month."""
    silenced = select(_TELLINGS.c.silence_id).where(_TELLINGS.c.silence_id.is_not(None))
    transaction.execute(
        delete(_SILENCES).where(_SILENCES.c.until < before, _SILENCES.c.id.not_in(silenced))
    )
    transaction.execute(delete(_HOSTS).where(_HOSTS.c.closed_until < before))
    transaction.execute(delete(_DEPARTURES).where(_DEPARTURES.c.left < before))
    oldest = transaction.scalar(_GET_OLDEST) or before
    # The first one tells since when there is anybody to serve; that in force when the oldest
    # document came, and those after it, documents refer to.
    number, loaded = _RULESETS.c.id, _RULESETS.c.loaded
    first = select(func.min(number)).scalar_subquery()
    referred = select(func.max(number)).where(loaded < min(before, oldest)).scalar_subquery()
    transaction.execute(delete(_RULESETS).where(number > first, number < referred))
