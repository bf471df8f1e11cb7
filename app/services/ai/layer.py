"""The AI layer as one piece that `app.bootstrap` wires in, or leaves out."""

import os
import secrets
import socket
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.config import AISettings
from app.db.session import AsyncDoor
from app.errors import AIUnavailable, AppError, Forbidden, StreamNotFound
from app.models.enums import AIMode, UserRole
from app.models.user import AI_ASSISTANT_ID
from app.services.ai.ai_interaction_service import AIInteractionService
from app.services.ai.calls import AICaller
from app.services.ai.dispatcher import LocalDispatcher
from app.services.ai.records import AIReplyFailed, JobsTaken, Question, WorkWaits
from app.services.ai.streams import LiveReply, Streams
from app.services.ai.worker import AIWorker
from app.services.core.access import role_in
from app.services.core.events import AIModeChanged, EventDelivery, MessageSent
from app.services.core.records import MessageRecord
from app.services.core.user_service import UserService
from app.services.core.websocket_service import WebSocketService
from app.utils.id_generator import generate_record_id

log = structlog.get_logger(__name__)

TEST_QUESTION = "Hello, are you there?"


class AILayer:
    """Reacts to the core through a hook and events, and answers through it."""

    def __init__(self, door: AsyncDoor, push: WebSocketService, settings: AISettings) -> None:
        self._door = door
        self._push = push
        self._settings = settings
        self.caller = AICaller(settings)
        self._streams = Streams(push.send_partial_to_group, settings)
        self._owner = f"{socket.gethostname()[:24]}-{os.getpid()}-{secrets.token_hex(4)}"
        worker = AIWorker(door, self.caller, self._streams, settings, self._owner)
        self.dispatcher = LocalDispatcher(door, worker, settings)

    def hook(self, db: Session, messages: Sequence[MessageRecord]) -> None:
        """In the transaction that stores them."""
        service = AIInteractionService(db, self._settings, self._owner)
        service.promise(messages, self.caller.public_url, self.dispatcher.room)

    def subscribe(self, events: EventDelivery) -> None:
        events.subscribe(JobsTaken, lambda event: self.dispatcher.take(event.jobs))
        events.subscribe(WorkWaits, lambda _: self.dispatcher.wake())
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

    def snapshots(self, group_ids: Iterable[str]) -> list[dict[str, Any]]:
        """Of the replies under way there: frames for whoever has just come."""
        return [live.snapshot() for live in self._streams.in_groups(group_ids)]

    async def snapshot(self, stream_id: str, user_id: str) -> dict[str, Any]:
        """For who has missed a delta. Raises StreamNotFound."""
        live, _ = await self._of_member(stream_id, user_id)
        return live.snapshot()

    async def end_reply(self, stream_id: str, user_id: str) -> None:
        """What was said so far is stored. Raises StreamNotFound, or Forbidden for others than
        doctors and the asking patient."""
        live, role = await self._of_member(stream_id, user_id)
        asked_by = live.asked.user_id if live.asked else None
        if role != UserRole.DOCTOR and user_id != asked_by:
            raise Forbidden("Only a doctor of the group, or who asked, may stop a reply.")
        live.end(None)

    async def _of_member(self, stream_id: str, user_id: str) -> tuple[LiveReply, str]:
        live = self._streams.get(stream_id)
        if live is None:
            raise StreamNotFound
        group_id = live.job.group_id
        role = await self._door.read(lambda db: role_in(db, group_id, user_id))
        if role is None or self._streams.get(stream_id) is not live:
            raise StreamNotFound
        return live, role

    def _message_sent(self, event: MessageSent) -> None:
        message = event.message
        if message.user_role == UserRole.DOCTOR and self._settings.ai_handoff_seconds:
            for live in self._streams.in_groups([message.group_id]):
                live.cut_in()

    def _mode_changed(self, event: AIModeChanged) -> None:
        if event.ai_mode == AIMode.OFF:
            for live in self._streams.in_groups([event.group_id]):
                live.end(AIUnavailable("The AI was switched off in this group."))

    def _reply_failed(self, event: AIReplyFailed) -> None:
        self._push.send_message_to_group(event.group_id, event.frame())
