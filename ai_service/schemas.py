"""The bodies of the wire contract, section "The external AI service"."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError


def _unicode(text: str) -> str:
    """JSON can spell half of a surrogate pair, which no answer could repeat."""
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    raise PydanticCustomError("not_unicode", "must be valid Unicode text")


def _not_blank(text: str) -> str:
    if text.strip():
        return text
    raise PydanticCustomError("blank", "must contain text")


Text = Annotated[str, AfterValidator(_unicode)]


class HistoryEntry(BaseModel):
    """An earlier message of the conversation; a doctor's is `assistant` with the name `doctor`."""

    model_config = ConfigDict(frozen=True)

    role: Literal["user", "assistant"]
    content: Text
    name: str | None = None


class ChatRequest(BaseModel):
    model_config = ConfigDict(frozen=True)

    message: Annotated[Text, AfterValidator(_not_blank)]
    history: list[HistoryEntry] = Field(default_factory=list, description="oldest first")
    stream: bool = False
    group_id: str | None = None
    user_message_id: str | None = None


class ChatReply(BaseModel):
    reply: str


class Health(BaseModel):
    status: Literal["ok"]
    engine: str


class Stats(BaseModel):
    calls: int
    by_key: dict[str, int] = Field(description="by Idempotency-Key, the newest 100,000")
    in_progress: int


class CallTime(BaseModel):
    """From the request as read to bytes of the answer as written."""

    first_ms: float = Field(description="to the first ones of its body")
    total_ms: float
