"""What letting old documents go needs: the mark of those let go, and ways to the others by age."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("documents", sa.Column("rules", sa.JSON(none_as_null=True)))
    op.create_index(
        "ix_documents_seen_source",
        "documents",
        ["seen", "source"],
        sqlite_where=sa.text("rules IS NULL"),
    )
    op.drop_index("ix_documents_story_id", "documents")
    op.create_index(
        "ix_documents_story_id_seen",
        "documents",
        ["story_id", "seen"],
        sqlite_where=sa.text("story_id IS NOT NULL"),
    )
