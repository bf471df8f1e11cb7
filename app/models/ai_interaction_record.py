from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import BaseModel, Timestamps
from app.db.types import LongText, UtcDateTime
from app.models.enums import RecordStatus


class AIInteractionRecord(Timestamps, BaseModel):
    """One patient's message and its reply. While `status` is 0 the record is also the job:
    whoever holds the lease works on it, and a lease that is over may be taken by anyone."""

    __tablename__ = "ai_interaction_records"
    __table_args__ = (
        Index(None, "group_id"),
        Index(None, "created_at"),
        Index("idx_ai_interaction_records_queue", "status", "group_id", "id"),
    )

    record_id: Mapped[str] = mapped_column(String(64), unique=True)
    group_id: Mapped[str] = mapped_column(String(64))
    user_message_id: Mapped[str] = mapped_column(String(64), unique=True)
    ai_message_id: Mapped[str | None] = mapped_column(String(64))
    ai_service_url: Mapped[str | None] = mapped_column(String(256))
    request_content: Mapped[str | None] = mapped_column(LongText)
    response_content: Mapped[str | None] = mapped_column(LongText)
    status: Mapped[int] = mapped_column(
        SmallInteger, default=RecordStatus.IN_PROGRESS, server_default="0"
    )
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    error_number: Mapped[int | None] = mapped_column(Integer)
    error_message: Mapped[str | None] = mapped_column(String(500))
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    asked_at_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """The group's `seq` when the AI was asked, or asked again: a doctor who has written since has
    answered in its stead."""
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
