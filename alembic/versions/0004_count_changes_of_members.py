"""What groups count of those who leave counts those who join as well: a group's members have a
version, by which instances tell old news from new."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def rename(old: str, new: str) -> None:
    with op.batch_alter_table("groups") as groups:
        groups.alter_column(
            old, new_column_name=new, existing_type=sa.BigInteger(), existing_nullable=False,
            existing_server_default="0",
        )


def upgrade() -> None:
    rename("removals", "member_changes")


def downgrade() -> None:
    rename("member_changes", "removals")
