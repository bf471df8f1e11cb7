"""What is read of https://platform.openai.com/docs/api-reference/chat; other fields are ignored."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ai_service.engine import EngineRequest
from ai_service.schemas import HistoryEntry, Text

_SYSTEM = ("system", "developer")


class TextPart(BaseModel):
    type: Literal["text"]
    text: Text


class Message(BaseModel):
    model_config = ConfigDict(frozen=True)

    role: Literal["system", "developer", "user", "assistant"]
    content: Text | list[TextPart] | None = None
    name: str | None = None

    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class CompletionRequest(BaseModel):
    """The last message is the one to answer, so it has to be a user's."""

    model: Text | None = Field(None, description="repeated in the answer; the engine is fixed")
    messages: Annotated[list[Message], Field(min_length=1)]
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    @model_validator(mode="after")
    def _ends_with_a_question(self) -> Self:
        last = self.messages[-1]
        if last.role == "user" and last.text().strip():
            return self
        raise PydanticCustomError("no_question", "messages must end with a user's text")

    def question(self) -> EngineRequest:
        system = [message.text() for message in self.messages if message.role in _SYSTEM]
        return EngineRequest(
            message=self.messages[-1].text(),
            history=[_entry(said) for said in self.messages[:-1] if said.role not in _SYSTEM],
            system="\n\n".join(system) or None,
            temperature=self.temperature,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            stream=bool(self.stream),
        )


def _entry(said: Message) -> HistoryEntry:
    role: Literal["user", "assistant"] = "user" if said.role == "user" else "assistant"
    return HistoryEntry(role=role, content=said.text(), name=said.name)
