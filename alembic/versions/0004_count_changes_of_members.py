"""What groups count of those who leave counts those who join as well: a group's members have a
version, by which instances tell old news from new."""

import sqlalchemy as sa

from app.db.steps import rename_column

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def rename(old: str, new: str) -> None:
    count = sa.Column(new, sa.BigInteger(), nullable=False, server_default="0")
    rename_column("groups", old, count)


def upgrade() -> None:
    rename("removals", "member_changes")


def downgrade() -> None:
    rename("member_changes", "removals")
