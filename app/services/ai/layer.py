"""The AI layer as one piece that `app.bootstrap` wires in, or leaves out."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.bus.base import Bus
from app.config import AISettings
from app.db.session import AsyncDoor
from app.errors import AppError
from app.models.enums import AIMode, UserRole
from app.models.user import AI_ASSISTANT_ID
from app.services.ai.ai_interaction_service import AIInteractionService
from app.services.ai.calls import AICaller
from app.services.ai.dispatcher import Dispatcher, LocalDispatcher
from app.services.ai.live_replies import LiveReplies
from app.services.ai.records import AIReplyFailed, JobsTaken, Question, WorkWaits
from app.services.ai.streams import Streams
from app.services.ai.worker import AIWorker
from app.services.core.events import AIModeChanged, EventDelivery, MessageSent
from app.services.core.records import MessageRecord
from app.services.core.user_service import UserService
from app.services.core.websocket_service import WebSocketService
from app.utils.id_generator import generate_record_id

log = structlog.get_logger(__name__)

TEST_QUESTION = "Hello, are you there?"


MakeDispatcher = Callable[[AsyncDoor, AIWorker, AISettings], Dispatcher]


class AILayer:
    """Reacts to the core through a hook and events, and answers through it. `dispatcher` is who
    sees to it that replies are made: here, or by somebody else."""

    dispatcher: Dispatcher

    def __init__(
        self,
        door: AsyncDoor,
        bus: Bus,
        push: WebSocketService,
        settings: AISettings,
        make: MakeDispatcher = LocalDispatcher,
        *,
        owner: str,
    ) -> None:
        """`owner` names this process in leases."""
        self._door = door
        self._push = push
        self._settings = settings
        self.caller = AICaller(settings)
        streams = Streams(push.send_partial_to_group, settings)
        self.replies = LiveReplies(door, bus, push, streams)
        self._owner = owner
        worker = AIWorker(door, self.caller, streams, settings, self._owner)
        self.dispatcher = make(door, worker, settings)

    def hook(self, db: Session, messages: Sequence[MessageRecord]) -> None:
        """In the transaction that stores them."""
        service = AIInteractionService(db, self._settings, self._owner)
        service.promise(messages, self.caller.public_url, self.dispatcher.room)

    def subscribe(self, events: EventDelivery) -> None:
        events.subscribe(JobsTaken, lambda event: self.dispatcher.take(event.jobs))
        events.subscribe(WorkWaits, lambda event: self.dispatcher.wake(event.first))
        events.subscribe(MessageSent, self._message_sent)
        events.subscribe(AIModeChanged, self._mode_changed)
        events.subscribe(AIReplyFailed, self._reply_failed)

    async def start(self) -> None:
        await self._door.run(
            lambda db: UserService(db).ensure_user(AI_ASSISTANT_ID, UserRole.AI_ASSISTANT)
        )
        self.dispatcher.start()

    async def stop(self) -> None:
        await self.dispatcher.stop()
        await self.caller.close()

    async def test(self, message: str | None) -> dict[str, Any]:
        """One real call; nothing is stored. A failure is an answer here, not an error."""
        question = Question(message or TEST_QUESTION, [], "", "")
        began = monotonic()
        try:
            answer = await self.caller.ask(question, generate_record_id())
        except AppError as error:
            duration_ms = round((monotonic() - began) * 1000)
            return {"ok": False, "duration_ms": duration_ms, "error": error}
        return {"ok": True, "duration_ms": answer.duration_ms, "reply": answer.text}

    def _message_sent(self, event: MessageSent) -> None:
        message = event.message
        if message.user_role == UserRole.DOCTOR and self._settings.ai_handoff_seconds:
            self.replies.give_way(message.group_id)

    def _mode_changed(self, event: AIModeChanged) -> None:
        if event.ai_mode == AIMode.OFF:
            self.replies.fall_silent(event.group_id)

    def _reply_failed(self, event: AIReplyFailed) -> None:
        self._push.send_message_to_group(event.group_id, event.frame())
