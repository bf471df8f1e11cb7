from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import BaseModel
from app.db.types import UtcDateTime, current_time
from app.utils.clock import utc_now


class GroupMember(BaseModel):
    __tablename__ = "group_members"
    __table_args__ = (
        UniqueConstraint("group_id", "user_id", name="uk_group_user"),
        Index(None, "user_id"),
        Index(None, "user_role"),
    )

    group_id: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[str] = mapped_column(String(48))
    user_role: Mapped[str] = mapped_column(String(32))
    joined_at: Mapped[datetime] = mapped_column(
        UtcDateTime, default=utc_now, server_default=current_time()
    )
