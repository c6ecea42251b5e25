"""The last good version of each rule file, files that left, and messages without an alert."""

import sqlalchemy as sa
from alembic import op

from watch.store.tables import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "rule_files",
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("text", sa.String),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("stale_since", UtcDateTime),
        sa.Column("error", sa.String),
        sa.Column("errors", sa.Integer, nullable=False),
    )
    op.create_table(
        "departures",
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("items", sa.Integer, nullable=False),
        sa.Column("left", UtcDateTime, nullable=False),
    )
    with op.batch_alter_table("messages") as messages:
        messages.alter_column("alert_id", existing_type=sa.Integer, nullable=True)
    with op.batch_alter_table("rulesets") as rulesets:
        rulesets.drop_column("error")
