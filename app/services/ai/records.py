from datetime import datetime
from typing import Any

import msgspec

from app.services.core.events import Event


class HistoryItem(msgspec.Struct, frozen=True, omit_defaults=True):
    role: str
    content: str
    name: str | None = None


class Job(msgspec.Struct, frozen=True):
    """A record whose lease this process holds. `attempts` counts this one."""

    record_id: str
    group_id: str
    user_message_id: str
    attempts: int


class Question(msgspec.Struct, frozen=True):
    """What the external service is asked, in the shape of the wire contract."""

    message: str
    history: list[HistoryItem]
    group_id: str
    user_message_id: str
    stream: bool = False


class InteractionRecord(msgspec.Struct, frozen=True):
    id: int
    record_id: str
    group_id: str
    session_id: str | None
    user_message_id: str
    ai_message_id: str | None
    ai_service_url: str | None
    status: int
    attempts: int
    duration_ms: int | None
    error_number: int | None
    error_message: str | None
    created_at: datetime
    updated_at: datetime


class AIReplyFailed(Event, frozen=True, tag_field="type", tag="ai_reply_failed"):
    """Also the frame that the group's members get."""

    group_id: str
    user_message_id: str
    record_id: str
    code: str
    number: int
    message: str

    def frame(self) -> dict[str, Any]:
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built
