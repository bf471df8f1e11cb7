"""`im` that may end itself, as by kill -9, at a point named in a file: `python -m … serve`.

The file's path is in DIE_AT; it holds a point's name and how many more times that is passed alive.
Nothing else of the program is changed: a few methods of the real classes are wrapped.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.models.enums import MessageType
from app.services.ai.called_dispatcher import CalledDispatcher
from app.services.ai.dispatcher import LocalDispatcher
from app.services.ai.ending_service import AIEndingService
from app.services.ai.endings import Answered
from app.services.ai.records import AIReplyFailed, JobsTaken, WorkWaits
from app.services.ai.streams import LiveReply
from app.services.ai.worker import AIWorker
from app.services.core.events import EventDelivery, MessageSent

VARIABLE = "DIE_AT"
PROMISED = "promised"
"""The message, its record and the lease are committed, and nobody has been told."""
CLAIMED = "claimed"
"""The dispatcher's own claim is committed, and nothing has begun."""
TOLD = "told"
"""A part of a reply is pushed."""
ANSWERED = "answered"
"""The AI has said everything, and no transaction has begun."""
ENDING = "ending"
"""All that ends replies is written, and not committed."""
ENDED = "ended"
"""Replies and failures are committed, and nobody has been told."""
POINTS = (PROMISED, CLAIMED, TOLD, ANSWERED, ENDING, ENDED)

_passed: Counter[str] = Counter()


def passes(point: str) -> None:
    """Counts from when the file came to say what it says."""
    try:
        said = Path(os.environ[VARIABLE]).read_text()
    except FileNotFoundError:
        return
    wanted, _, alive = said.partition(" ")
    if wanted == point:
        _passed[said] += 1
        if _passed[said] > int(alive):
            os.kill(os.getpid(), signal.SIGKILL)


def _before(kind: type, name: str, point_of: Callable[..., str | None]) -> None:
    whole = getattr(kind, name)

    def wrapped(*arguments: Any) -> Any:
        point = point_of(*arguments)
        if point is not None:
            passes(point)
        return whole(*arguments)

    setattr(kind, name, wrapped)


def _behind(kind: type, name: str, point: str) -> None:
    whole = getattr(kind, name)

    def wrapped(*arguments: Any) -> Any:
        result = whole(*arguments)
        passes(point)
        return result

    setattr(kind, name, wrapped)


def _delivered(_events: EventDelivery, events: Sequence[object]) -> str | None:
    """These were recorded in one transaction, which is committed."""
    if any(isinstance(event, JobsTaken | WorkWaits) for event in events):
        return PROMISED
    return ENDED if any(map(_ends_a_reply, events)) else None


def _ends_a_reply(event: object) -> bool:
    if isinstance(event, MessageSent):
        return event.message.msg_type == MessageType.AI_REPLY
    return isinstance(event, AIReplyFailed)


def _taken(_dispatcher: LocalDispatcher, jobs: Sequence[object]) -> str | None:
    """By its own claim, which a task makes, and not with the patient's message."""
    task = asyncio.current_task()
    claimed = jobs and task is not None and task.get_name() == "ai-dispatcher"
    return CLAIMED if claimed else None


def _stored(_worker: AIWorker, endings: Sequence[object]) -> str | None:
    return ANSWERED if any(isinstance(ending, Answered) for ending in endings) else None


def install() -> None:
    _before(EventDelivery, "deliver", _delivered)
    _before(LocalDispatcher, "take", _taken)
    _before(CalledDispatcher, "_begin", lambda *_: CLAIMED)
    _before(AIWorker, "_store_endings", _stored)
    _behind(LiveReply, "flush", TOLD)
    _behind(AIEndingService, "end", ENDING)


if __name__ == "__main__":
    from app.cli import main

    install()
    main()
