from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import BaseModel, Timestamps
from app.models.enums import AIMode

SESSION_PREFIX = "session_"
"""A v1 session S is the group `session_S`. Generated group ids begin with `group_`."""


class Group(Timestamps, BaseModel):
    __tablename__ = "groups"
    __table_args__ = (Index(None, "created_by"),)

    group_id: Mapped[str] = mapped_column(String(64), unique=True)
    group_name: Mapped[str] = mapped_column(String(128))
    description: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(48))
    ai_mode: Mapped[str] = mapped_column(
        String(16), default=AIMode.AUTO, server_default=AIMode.AUTO
    )
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    member_changes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """How often somebody has joined or left: while it stands still, who was a member is one."""


def session_group_id(session_id: str) -> str:
    return SESSION_PREFIX + session_id


def session_of(group_id: str) -> str | None:
    return group_id[len(SESSION_PREFIX) :] if group_id.startswith(SESSION_PREFIX) else None
