"""Records keep the position in the group from which on a doctor's message silences the AI."""

import sqlalchemy as sa

from app.db.steps import add_column, drop_column

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    asked_at = sa.Column("asked_at_seq", sa.BigInteger(), nullable=False, server_default="0")
    add_column("ai_interaction_records", asked_at)


def downgrade() -> None:
    drop_column("ai_interaction_records", "asked_at_seq")
