"""What telling each story once needs: stories, what became of each telling, silences."""

import sqlalchemy as sa
from alembic import op

from watch.store.tables import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "stories",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False, unique=True),
        sa.Column("sketch", sa.LargeBinary, nullable=False),
        sa.Column("opened", UtcDateTime, nullable=False),
    )
    op.create_index("ix_stories_opened", "stories", ["opened"])
    op.create_table(
        "story_marks",
        sa.Column("mark", sa.BigInteger, primary_key=True),
        sa.Column("story_id", sa.Integer, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "silences",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.Column("note", sa.String, nullable=False),
    )
    # Columns are added as they are: to make a table anew takes as long as it is large.
    op.add_column("documents", sa.Column("story_id", sa.Integer))
    op.create_index("ix_documents_story_id", "documents", ["story_id"])
    op.add_column("findings", sa.Column("items", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("tellings", sa.Column("outcome", sa.String))
    op.add_column("tellings", sa.Column("silence_id", sa.Integer))
    op.add_column("messages", sa.Column("is_told", sa.Boolean, nullable=False, server_default="0"))
    # Of what waits still the operator is to hear when it fails.
    op.execute("UPDATE messages SET is_told = 1 WHERE state IN ('sent', 'failed', 'held')")
    op.create_index(
        "ix_messages_is_told_state",
        "messages",
        ["is_told", "state"],
        sqlite_where=sa.text("is_told = 0"),
    )
    op.execute("UPDATE tellings SET outcome = 'told' WHERE alert_id IS NOT NULL")
    op.execute("UPDATE alerts SET reason = 'at once'")
    op.drop_index("ix_tellings_alert_id_subscription", "tellings")
    op.create_index(
        "ix_tellings_alert_id_outcome_subscription",
        "tellings",
        ["alert_id", "outcome", "subscription"],
    )
    op.create_index("ix_alerts_subscription_created", "alerts", ["subscription", "created"])
    op.create_index("ix_alerts_created", "alerts", ["created"])
    op.execute(
        "UPDATE findings SET items = (SELECT json_group_array(item) FROM (SELECT DISTINCT item"
        " FROM mentions JOIN json_each(findings.mentions) AS its ON its.value = mentions.ordinal"
        " WHERE mentions.document_id = findings.document_id AND item <> ''))"
    )
