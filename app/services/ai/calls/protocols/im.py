"""This project's own protocol, as the wire contract gives it."""

from typing import Any

import msgspec

from app.services.ai.calls.faults import Garbage, ReportedError
from app.services.ai.calls.protocols.base import Options, Part, decode
from app.services.ai.records import Question


class _Answer(msgspec.Struct, frozen=True):
    reply: str


class _Event(msgspec.Struct, frozen=True):
    delta: str | None = None
    reply: str | None = None
    error: Any = None


class ImProtocol:
    def __init__(self, options: Options) -> None:
        self._stream = options.stream

    def path(self, base: str) -> str:
        return base

    def body(self, question: Question) -> bytes:
        return msgspec.json.encode(msgspec.structs.replace(question, stream=self._stream))

    def plain(self, body: bytes) -> Part:
        return Part(reply=decode(body, _Answer).reply, finish_reason="complete", last=True)

    def event(self, data: str) -> Part:
        if data.strip() == "[DONE]":
            return Part(finish_reason="complete", last=True)
        event = decode(data, _Event)
        if event.error is not None:
            raise ReportedError
        if event.reply is not None:
            return Part(reply=event.reply, finish_reason="complete", last=True)
        if event.delta is None:
            raise Garbage
        return Part(event.delta)
