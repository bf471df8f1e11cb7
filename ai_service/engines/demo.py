from collections.abc import AsyncGenerator

from ai_service.engine import Engine, EngineRequest
from ai_service.pieces import pieces_of
from ai_service.schemas import HistoryEntry
from ai_service.triage import Speaker, Turn, answer


class Demo:
    """A triage conversation by simple rules: no model, no network, the same answer every time."""

    name = "demo"

    async def stream(self, request: EngineRequest) -> AsyncGenerator[str, None]:
        turns = [Turn.of(_speaker(entry), entry.content) for entry in request.history]
        for piece in pieces_of(answer([*turns, Turn.of(Speaker.PATIENT, request.message)])):
            yield piece


def _speaker(entry: HistoryEntry) -> Speaker:
    if entry.role == "user":
        return Speaker.PATIENT
    named_doctor = (entry.name or "").casefold() == "doctor"
    return Speaker.DOCTOR if named_doctor else Speaker.ASSISTANT


def build(*_settings: object) -> Engine:
    return Demo()
