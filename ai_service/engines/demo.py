from ai_service.engine import Engine, LoadProfile
from ai_service.schemas import ChatRequest, HistoryEntry
from ai_service.triage import Speaker, Turn, answer


class Demo:
    """A triage conversation by simple rules: no model, no network, the same answer every time."""

    name = "demo"

    async def reply(self, request: ChatRequest) -> str:
        turns = [Turn.of(_speaker(entry), entry.content) for entry in request.history]
        return answer([*turns, Turn.of(Speaker.PATIENT, request.message)])


def _speaker(entry: HistoryEntry) -> Speaker:
    if entry.role == "user":
        return Speaker.PATIENT
    named_doctor = (entry.name or "").casefold() == "doctor"
    return Speaker.DOCTOR if named_doctor else Speaker.ASSISTANT


def build(_profile: LoadProfile) -> Engine:
    return Demo()
