import re
from collections.abc import Iterable

from ai_service.engine import EngineRequest
from ai_service.schemas import HistoryEntry

_NAME = re.compile(r"[^\s<|\\/>]{1,64}")


def messages_of(asked: EngineRequest, system_prompt: str) -> list[dict[str, str]]:
    """As role and content, oldest first; a doctor's are the assistant's, named doctor."""
    system = "\n\n".join(filter(str.strip, [system_prompt, asked.system or ""]))
    head = [{"role": "system", "content": system}] if system else []
    return [*head, *_history(asked.history), {"role": "user", "content": asked.message}]


def _history(entries: Iterable[HistoryEntry]) -> Iterable[dict[str, str]]:
    for entry in entries:
        if entry.content.strip():
            yield {"role": entry.role, "content": entry.content, **_name(entry.name)}


def _name(name: str | None) -> dict[str, str]:
    """Without a name that providers would refuse the whole request for."""
    return {"name": name} if name and _NAME.fullmatch(name) else {}
