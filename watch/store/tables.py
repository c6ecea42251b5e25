"""The tables. What must be unique is so by a constraint, not by looking first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    Dialect,
    Index,
    Interval,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Field, SQLModel

metadata = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; SQLite alone would hand back a naive one."""

    impl = DateTime
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:
        """Return what gives a moment as SQLAlchemy stores it, in half the time."""
        del dialect
        return _stored

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401 (as declared above us)
        """Return the stored moment, aware."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


def _stored(moment: datetime | None) -> str | None:
    """Return the text of a moment; a naive one is a fault of ours."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(f"a moment without a time zone: {moment}")
    return moment.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")


class SourceRow(SQLModel, table=True):
    """A source: when to look next, with which validators, and how it fared."""

    __tablename__ = "sources"

    name: str = Field(primary_key=True)
    location: str
    etag: str | None
    last_modified: str | None
    due: datetime = Field(sa_type=UtcDateTime)
    has_baseline: bool
    succeeded: datetime | None = Field(sa_type=UtcDateTime)
    failing_since: datetime | None = Field(sa_type=UtcDateTime)
    failures: int
    error: str | None
    note: str | None
    pace: timedelta | None = Field(sa_type=Interval)
    url: str | None
    move_to: str | None
    move_since: datetime | None = Field(sa_type=UtcDateTime)
    gone_times: int
    gone_at: datetime | None = Field(sa_type=UtcDateTime)
    paused_since: datetime | None = Field(sa_type=UtcDateTime)
    is_told: bool


class HostRow(SQLModel, table=True):
    """A server that asked to be left alone."""

    __tablename__ = "hosts"

    host: str = Field(primary_key=True)
    closed_until: datetime = Field(sa_type=UtcDateTime)
    refusals: int
    refused: datetime = Field(sa_type=UtcDateTime)


class FileRow(SQLModel, table=True):
    """A file of a folder, as it was when it was last taken or refused."""

    __tablename__ = "files"

    source: str = Field(primary_key=True)
    path: str = Field(primary_key=True)
    size: int = Field(sa_type=BigInteger)
    mtime_ns: int = Field(sa_type=BigInteger)
    digest: str | None
    failures: int
    due: datetime | None = Field(sa_type=UtcDateTime)
    error: str | None


class DocumentRow(SQLModel, table=True):
    """One revision of a document."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("source", "key", "revision"),
        Index(None, "source", "digest"),
        Index(None, "source", "words_digest"),
        Index(None, "story_id", "seen", sqlite_where=text("story_id IS NOT NULL")),
        # Of those that are whole: what was let go takes no room in it.
        Index(None, "seen", "source", sqlite_where=text("rules IS NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str
    key: str
    revision: int
    digest: str
    words_digest: str
    """Of title and text: what stays the same where a feed gives its entries new ids."""
    entry_digest: str | None
    """Of the feed's own entry, where the text is that of a page."""
    title: str
    text: str
    url: str | None
    published: datetime | None = Field(sa_type=UtcDateTime)
    seen: datetime = Field(sa_type=UtcDateTime)
    languages: str
    """Codes parted by spaces, the most trusted first."""
    is_degraded: bool
    ruleset: str
    """The fingerprint of the rules it was checked by."""
    story_id: int | None = None
    """What it tells; None where nobody is to be told of it."""
    rules: list[str] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    """Those that held for it, once it was let go with its findings; None as long as it is whole."""


class MentionRow(SQLModel, table=True):
    """An item at a span of a document."""

    __tablename__ = "mentions"

    document_id: int = Field(primary_key=True, foreign_key="documents.id")
    ordinal: int = Field(primary_key=True)
    item: str = Field(index=True)
    field: str
    start: int
    end: int
    term: str


class FindingRow(SQLModel, table=True):
    """A rule that holds for one revision of a document."""

    __tablename__ = "findings"
    __table_args__ = (UniqueConstraint("document_id", "rule"),)

    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="documents.id")
    rule: str = Field(index=True)
    name: str
    severity: int
    tags: list[str] = Field(sa_type=JSON)
    path: str
    line: int
    note: str | None
    mentions: list[int] = Field(sa_type=JSON)
    """Ordinals of the document's mentions."""
    items: list[str] = Field(sa_type=JSON)
    """The ids of the items among these, each once."""


class StoryRow(SQLModel, table=True):
    """A story, as its first document tells it."""

    __tablename__ = "stories"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    """Of its first document: the same in any database."""
    sketch: bytes = Field(sa_type=LargeBinary)
    opened: datetime = Field(sa_type=UtcDateTime, index=True)


class StoryMarkRow(SQLModel, table=True):
    """A number by which the stories are found that a document may tell."""

    __tablename__ = "story_marks"
    __table_args__ = {"sqlite_with_rowid": False}

    mark: int = Field(primary_key=True, sa_type=BigInteger)
    story_id: int = Field(primary_key=True)


class SilenceRow(SQLModel, table=True):
    """A rule, item, source or story that stays quiet until a date."""

    __tablename__ = "silences"

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    value: str
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)
    note: str


class TellingRow(SQLModel, table=True):
    """A finding that a subscription is to be told, and what became of it.

    It waits, and is told by an alert; or it is folded or silenced, and an alert says so.
    """

    __tablename__ = "tellings"
    __table_args__ = (Index(None, "alert_id", "outcome", "subscription"),)

    finding_id: int = Field(primary_key=True, foreign_key="findings.id")
    subscription: str = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime)
    outcome: str | None = None
    """None as long as it waits."""
    silence_id: int | None = None
    alert_id: int | None = Field(default=None, foreign_key="alerts.id")


class AlertRow(SQLModel, table=True):
    """What one mail told a subscription, and why then."""

    __tablename__ = "alerts"
    __table_args__ = (Index(None, "subscription", "created"), Index(None, "created"))

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    subscription: str
    reason: str
    """Its occasion, in a word."""
    created: datetime = Field(sa_type=UtcDateTime)


class MessageRow(SQLModel, table=True):
    """One mail to one address: final bytes, and how far it has come."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("alert_id", "recipient"),
        Index(None, "state", "due"),
        Index(None, "is_told", "state", sqlite_where=text("is_told = 0")),
    )

    id: int | None = Field(default=None, primary_key=True)
    alert_id: int | None = Field(foreign_key="alerts.id")
    """None for a notice: what an owner of rules is told belongs to no subscription."""
    recipient: str
    message_id: str = Field(unique=True)
    content: bytes = Field(sa_type=LargeBinary)
    state: str
    attempts: int
    due: datetime = Field(sa_type=UtcDateTime)
    created: datetime = Field(sa_type=UtcDateTime)
    marked: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer: str | None = None
    """What the other side said last; on a line below that, why it was not sent before."""
    is_told: bool = False
    """Whether the operator knows all that is to be known of it."""


class RulesetRow(SQLModel, table=True):
    """A ruleset that was in force; the last loaded is the one that is."""

    __tablename__ = "rulesets"

    id: int | None = Field(default=None, primary_key=True)
    fingerprint: str
    loaded: datetime = Field(sa_type=UtcDateTime)
    files: int
    items: int


class RuleFileRow(SQLModel, table=True):
    """A rule file: its version in force, and whether the file on disk is another."""

    __tablename__ = "rule_files"

    path: str = Field(primary_key=True)
    ordinal: int
    """Its place in the order of the set."""
    text: str | None
    since: datetime = Field(sa_type=UtcDateTime)
    stale_since: datetime | None = Field(sa_type=UtcDateTime)
    error: str | None
    errors: int


class DepartureRow(SQLModel, table=True):
    """A rule file that was deleted, and how many items left with it."""

    __tablename__ = "departures"

    path: str = Field(primary_key=True)
    items: int
    left: datetime = Field(sa_type=UtcDateTime)


_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""As alembic makes it, which finds there what a database is to be brought up from."""


def make_tables(connection: Connection, revision: str) -> None:
    """Make what migrations up to a revision, the newest, come to.

    They take five times as long, and alembic to be loaded.
    """
    metadata.create_all(connection)
    _VERSION.create(connection, checkfirst=True)
    connection.execute(insert(_VERSION).values(version_num=revision).on_conflict_do_nothing())


def table_of(row: type[SQLModel]) -> Table:
    """Return the table behind a row class, for statements that touch many rows at once."""
    table: Table = row.__table__  # type: ignore[attr-defined]  # put there by SQLModel
    return table
