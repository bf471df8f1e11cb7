"""Chat completions, as OpenAI and the many servers compatible with it speak them."""

from typing import Any

import msgspec

from app.services.ai.calls.faults import Garbage, ReportedError
from app.services.ai.calls.protocols.base import Options, Part, decode
from app.services.ai.records import HistoryItem, Question


class _Text(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    delta: _Text | None = None
    message: _Text | None = None
    finish_reason: str | None = None


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice] | None = None
    error: Any = None


class OpenAIProtocol:
    def __init__(self, options: Options) -> None:
        self._options = options

    def path(self, base: str) -> str:
        return base.rstrip("/") + "/chat/completions"

    def body(self, question: Question) -> bytes:
        options = self._options
        wanted = {
            "model": options.model,
            "messages": self._messages(question),
            "stream": options.stream,
            "temperature": options.temperature,
            "max_tokens": options.max_tokens,
        }
        return msgspec.json.encode({k: v for k, v in wanted.items() if v is not None})

    def plain(self, body: bytes) -> Part:
        choice = _first_choice(body)
        if choice is None or choice.message is None:
            raise Garbage
        reason = _finish_reason(choice.finish_reason or "stop")
        return Part(reply=choice.message.content or "", finish_reason=reason, last=True)

    def event(self, data: str) -> Part:
        if data.strip() == "[DONE]":
            return Part(finish_reason="complete", last=True)
        choice = _first_choice(data)
        if choice is None:  # such as the last one's, with only the usage
            return Part()
        delta = (choice.delta and choice.delta.content) or ""
        reason = _finish_reason(choice.finish_reason)
        return Part(delta, finish_reason=reason, last=reason is not None)

    def _messages(self, question: Question) -> list[HistoryItem]:
        prompt = self._options.system_prompt
        system = [HistoryItem("system", prompt)] if prompt else []
        return [*system, *question.history, HistoryItem("user", question.message)]


def _first_choice(data: str | bytes) -> _Choice | None:
    completion = decode(data, _Completion)
    if completion.error is not None:
        raise ReportedError
    if completion.choices is None:
        raise Garbage
    return completion.choices[0] if completion.choices else None


def _finish_reason(reason: str | None) -> str | None:
    """It says that the reply is whole, with or without `[DONE]` behind it; but some servers give an
    empty one with every piece."""
    if not reason:
        return None
    return "length" if reason == "length" else "complete"
