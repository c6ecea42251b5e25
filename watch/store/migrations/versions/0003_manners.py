"""What the manners of sources need: moves, pauses, hosts that asked for rest, degraded texts."""

import hashlib

import sqlalchemy as sa
from alembic import op

from watch.store.tables import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("sources") as sources:
        sources.add_column(sa.Column("note", sa.String))
        sources.add_column(sa.Column("pace", sa.Interval))
        sources.add_column(sa.Column("url", sa.String))
        sources.add_column(sa.Column("move_to", sa.String))
        sources.add_column(sa.Column("move_since", UtcDateTime))
        sources.add_column(sa.Column("gone_times", sa.Integer, nullable=False, server_default="0"))
        sources.add_column(sa.Column("gone_at", UtcDateTime))
        sources.add_column(sa.Column("paused_since", UtcDateTime))
        sources.add_column(sa.Column("is_told", sa.Boolean, nullable=False, server_default="0"))
    op.create_table(
        "hosts",
        sa.Column("host", sa.String, primary_key=True),
        sa.Column("closed_until", UtcDateTime, nullable=False),
        sa.Column("refusals", sa.Integer, nullable=False),
        sa.Column("refused", UtcDateTime, nullable=False),
    )
    with op.batch_alter_table("documents") as documents:
        documents.add_column(
            sa.Column("words_digest", sa.String, nullable=False, server_default="")
        )
        documents.add_column(sa.Column("entry_digest", sa.String))
        documents.add_column(
            sa.Column("is_degraded", sa.Boolean, nullable=False, server_default="0")
        )
    _add_words_digests()
    op.create_index("ix_documents_source_words_digest", "documents", ["source", "words_digest"])


def _add_words_digests() -> None:
    documents = sa.table(
        "documents",
        sa.column("id", sa.Integer),
        sa.column("title", sa.String),
        sa.column("text", sa.String),
        sa.column("words_digest", sa.String),
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(documents.c.id, documents.c.title, documents.c.text))
    for row in rows.fetchall():
        words = f"{row.title}\0{row.text}".encode("utf-8", "replace")
        connection.execute(
            sa.update(documents)
            .where(documents.c.id == row.id)
            .values(words_digest=hashlib.sha256(words).hexdigest())
        )
