"""The tables of the group design, with numbered messages and leased AI work."""

import uuid

import sqlalchemy as sa
from alembic import op

from app.db.steps import create_index, create_table, drop_table
from app.db.types import BigId, LongText, Time, current_time

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def row_id() -> sa.Column:
    return sa.Column("id", BigId, autoincrement=True, nullable=False)


def time(name: str) -> sa.Column:
    return sa.Column(name, Time, nullable=False, server_default=current_time())


def text(name: str, length: int, **options: object) -> sa.Column:
    return sa.Column(name, sa.String(length), **{"nullable": False, **options})


def number(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def upgrade() -> None:
    create_table(
        "users",
        row_id(),
        text("user_id", 48),
        text("username", 64),
        text("user_role", 32, server_default="PATIENT"),
        time("created_at"),
        time("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("user_id", name="uk_users_user_id"),
    )
    create_index("idx_users_user_role", "users", ["user_role"])

    create_table(
        "groups",
        row_id(),
        text("group_id", 64),
        text("group_name", 128),
        sa.Column("description", sa.Text()),
        text("created_by", 48),
        text("ai_mode", 16, server_default="auto"),
        number("last_seq"),
        time("created_at"),
        time("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
        sa.UniqueConstraint("group_id", name="uk_groups_group_id"),
    )
    create_index("idx_groups_created_by", "groups", ["created_by"])

    create_table(
        "group_members",
        row_id(),
        text("group_id", 64),
        text("user_id", 48),
        text("user_role", 32),
        time("joined_at"),
        sa.PrimaryKeyConstraint("id", name="pk_group_members"),
        sa.UniqueConstraint("group_id", "user_id", name="uk_group_user"),
    )
    create_index("idx_group_members_user_id", "group_members", ["user_id"])
    create_index("idx_group_members_user_role", "group_members", ["user_role"])

    create_table(
        "messages",
        row_id(),
        text("message_id", 64),
        text("group_id", 64),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        text("from_user_id", 48),
        text("user_role", 32, server_default="PATIENT"),
        text("msg_type", 32, server_default="TEXT"),
        sa.Column("msg_content", LongText, nullable=False),
        text("client_msg_id", 64, nullable=True),
        text("reply_to_message_id", 64, nullable=True),
        text("finish_reason", 16, nullable=True),
        time("created_at"),
        time("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("message_id", name="uk_messages_message_id"),
        sa.UniqueConstraint("group_id", "seq", name="uk_messages_group_id_seq"),
        sa.UniqueConstraint(
            "from_user_id", "group_id", "client_msg_id",
            name="uk_messages_from_user_id_group_id_client_msg_id",
        ),
    )
    create_index("idx_messages_created_at", "messages", ["created_at"])
    create_index("idx_group_created", "messages", ["group_id", "created_at"])

    create_table(
        "ai_interaction_records",
        row_id(),
        text("record_id", 64),
        text("group_id", 64),
        text("user_message_id", 64),
        text("ai_message_id", 64, nullable=True),
        text("ai_service_url", 256, nullable=True),
        sa.Column("request_content", LongText),
        sa.Column("response_content", LongText),
        sa.Column("status", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("duration_ms", sa.BigInteger()),
        sa.Column("error_number", sa.Integer()),
        text("error_message", 500, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        text("lease_owner", 64, nullable=True),
        sa.Column("lease_until", Time),
        sa.Column("next_attempt_at", Time),
        time("created_at"),
        time("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_ai_interaction_records"),
        sa.UniqueConstraint("record_id", name="uk_ai_interaction_records_record_id"),
        sa.UniqueConstraint("user_message_id", name="uk_ai_interaction_records_user_message_id"),
    )
    table = "ai_interaction_records"
    create_index(f"idx_{table}_group_id", table, ["group_id"])
    create_index(f"idx_{table}_created_at", table, ["created_at"])
    create_index(f"idx_{table}_queue", table, ["status", "group_id", "id"])

    identity = create_table(
        "database_identity",
        row_id(),
        text("epoch", 36),
        sa.PrimaryKeyConstraint("id", name="pk_database_identity"),
        sa.UniqueConstraint("epoch", name="uk_database_identity_epoch"),
    )
    op.bulk_insert(identity, [{"epoch": str(uuid.uuid4())}])


def downgrade() -> None:
    for table in (
        "database_identity",
        "ai_interaction_records",
        "messages",
        "group_members",
        "groups",
        "users",
    ):
        drop_table(table)
