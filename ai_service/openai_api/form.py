import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from ai_service.engine import EngineRequest
from ai_service.openai_api.usage import usage
from ai_service.sse import DONE, event


@dataclass(frozen=True, slots=True)
class CompletionForm:
    """One completion: its answer, or all its chunks, share an id."""

    asked: EngineRequest
    model: str
    include_usage: bool = False
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, reply: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": reply, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        head = self._head("chat.completion")
        return {**head, "choices": [choice], "usage": usage(self.asked, reply)}

    async def events(self, pieces: AsyncGenerator[str, None]) -> AsyncGenerator[bytes, None]:
        said: list[str] = []
        yield self._chunk({"role": "assistant", "content": ""})
        async with aclosing(pieces):
            async for piece in pieces:
                if piece:
                    said.append(piece)
                    yield self._chunk({"content": piece})
        yield self._chunk({}, "stop")
        if self.include_usage:
            counted = usage(self.asked, "".join(said))
            yield event({**self._head("chat.completion.chunk"), "choices": [], "usage": counted})
        yield DONE

    def _chunk(self, delta: dict[str, str], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return event({**self._head("chat.completion.chunk"), "choices": [choice]})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}
