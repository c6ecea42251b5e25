"""The first schema: sources, files, documents, mentions, findings, tellings, alerts, messages."""

import sqlalchemy as sa
from alembic import op

from watch.store.tables import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("location", sa.String, nullable=False),
        sa.Column("etag", sa.String),
        sa.Column("last_modified", sa.String),
        sa.Column("due", UtcDateTime, nullable=False),
        sa.Column("has_baseline", sa.Boolean, nullable=False),
        sa.Column("succeeded", UtcDateTime),
        sa.Column("failing_since", UtcDateTime),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("error", sa.String),
    )
    op.create_table(
        "files",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("due", UtcDateTime),
        sa.Column("error", sa.String),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("url", sa.String),
        sa.Column("published", UtcDateTime),
        sa.Column("seen", UtcDateTime, nullable=False),
        sa.Column("languages", sa.String, nullable=False),
        sa.Column("ruleset", sa.String, nullable=False),
        sa.UniqueConstraint("source", "key", "revision"),
    )
    op.create_index(None, "documents", ["source", "digest"])
    op.create_table(
        "mentions",
        sa.Column("document_id", sa.Integer, sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True),
        sa.Column("item", sa.String, nullable=False, index=True),
        sa.Column("field", sa.String, nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("term", sa.String, nullable=False),
    )
    op.create_table(
        "findings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("document_id", sa.Integer, sa.ForeignKey("documents.id"), nullable=False),
        sa.Column("rule", sa.String, nullable=False, index=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("note", sa.String),
        sa.Column("mentions", sa.JSON, nullable=False),
        sa.UniqueConstraint("document_id", "rule"),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False, unique=True),
        sa.Column("subscription", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("created", UtcDateTime, nullable=False),
    )
    op.create_table(
        "tellings",
        sa.Column("finding_id", sa.Integer, sa.ForeignKey("findings.id"), primary_key=True),
        sa.Column("subscription", sa.String, primary_key=True),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("alert_id", sa.Integer, sa.ForeignKey("alerts.id")),
    )
    op.create_index(None, "tellings", ["alert_id", "subscription"])
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("alert_id", sa.Integer, sa.ForeignKey("alerts.id"), nullable=False),
        sa.Column("recipient", sa.String, nullable=False),
        sa.Column("message_id", sa.String, nullable=False, unique=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", UtcDateTime, nullable=False),
        sa.Column("created", UtcDateTime, nullable=False),
        sa.Column("marked", UtcDateTime),
        sa.Column("settled", UtcDateTime),
        sa.Column("answer", sa.String),
        sa.UniqueConstraint("alert_id", "recipient"),
    )
    op.create_index(None, "messages", ["state", "due"])
    op.create_table(
        "rulesets",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("loaded", UtcDateTime, nullable=False),
        sa.Column("files", sa.Integer, nullable=False),
        sa.Column("items", sa.Integer, nullable=False),
        sa.Column("error", sa.String),
    )
