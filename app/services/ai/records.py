from datetime import datetime
from typing import Any

import msgspec

from app.services.core.events import Event


class HistoryItem(msgspec.Struct, frozen=True, omit_defaults=True):
    role: str
    content: str
    name: str | None = None


class Promise(msgspec.Struct, frozen=True):
    """Of an answer to one message."""

    record_id: str
    user_message_id: str


class Job(msgspec.Struct, frozen=True):
    """A record whose lease this process holds. `attempts` counts this one. `burst`: what the same
    patient wrote right after it, to be answered together."""

    record_id: str
    group_id: str
    user_message_id: str
    attempts: int
    burst: tuple[Promise, ...] = ()

    @property
    def promises(self) -> list[Promise]:
        return [Promise(self.record_id, self.user_message_id), *self.burst]

    @property
    def record_ids(self) -> list[str]:
        return [promise.record_id for promise in self.promises]


class Question(msgspec.Struct, frozen=True):
    """What the external service is asked, in the shape of the wire contract."""

    message: str
    history: list[HistoryItem]
    group_id: str
    user_message_id: str
    stream: bool = False


class Asked(msgspec.Struct, frozen=True):
    """A question, who may end its answer early, and whether the AI was called by name."""

    question: Question
    user_id: str
    ai_mode: str
    called: bool


class Claimed(msgspec.Struct, frozen=True):
    """`due_s`: seconds until work that was put off may be claimed; None where there is none."""

    jobs: list[Job]
    due_s: float | None


class JobsTaken(Event, frozen=True):
    """Their leases were taken in the very transaction that has stored the patients' messages."""

    jobs: list[Job]


class Waiting(msgspec.Struct, frozen=True):
    """A record that nobody has claimed."""

    record_id: str
    group_id: str


class WorkWaits(Event, frozen=True):
    """There are records that somebody may claim, now or later. `first`: of each group the first
    that was promised just now."""

    first: tuple[Waiting, ...] = ()


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
    request_content: str | None = None
    response_content: str | None = None


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
