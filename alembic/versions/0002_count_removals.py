"""Groups count who leaves, so that one statement can tell that nobody has."""

import sqlalchemy as sa

from app.db.steps import add_column, drop_column

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    removals = sa.Column("removals", sa.BigInteger(), nullable=False, server_default="0")
    add_column("groups", removals)


def downgrade() -> None:
    drop_column("groups", "removals")
