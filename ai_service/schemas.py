"""The bodies of the wire contract, section "The external AI service"."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class HistoryEntry(BaseModel):
    """An earlier message of the conversation; a doctor's is `assistant` with the name `doctor`."""

    model_config = ConfigDict(frozen=True)

    role: Literal["user", "assistant"]
    content: str
    name: str | None = None


class ChatRequest(BaseModel):
    model_config = ConfigDict(frozen=True)

    message: str
    history: list[HistoryEntry] = Field(default_factory=list, description="oldest first")
    stream: bool = False
    group_id: str | None = None
    user_message_id: str | None = None

    @field_validator("message")
    @classmethod
    def not_blank(cls, message: str) -> str:
        if not message.strip():
            raise ValueError("must contain text")
        return message


class ChatReply(BaseModel):
    reply: str


class Health(BaseModel):
    status: Literal["ok"]
    engine: str
