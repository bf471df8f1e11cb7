from sqlalchemy import BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import BaseModel, Timestamps
from app.db.types import LongText
from app.models.enums import MessageType, UserRole


class Message(Timestamps, BaseModel):
    """Never changed once stored; `seq` numbers a group's messages 1, 2, 3, … without a gap."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("group_id", "seq"),
        UniqueConstraint("from_user_id", "group_id", "client_msg_id"),
        Index(None, "created_at"),
        Index("idx_group_created", "group_id", "created_at"),
    )

    message_id: Mapped[str] = mapped_column(String(64), unique=True)
    group_id: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column(BigInteger)
    from_user_id: Mapped[str] = mapped_column(String(48))
    user_role: Mapped[str] = mapped_column(
        String(32), default=UserRole.PATIENT, server_default=UserRole.PATIENT
    )
    msg_type: Mapped[str] = mapped_column(
        String(32), default=MessageType.TEXT, server_default=MessageType.TEXT
    )
    msg_content: Mapped[str] = mapped_column(LongText)
    client_msg_id: Mapped[str | None] = mapped_column(String(64))
    reply_to_message_id: Mapped[str | None] = mapped_column(String(64))
    finish_reason: Mapped[str | None] = mapped_column(String(16))
