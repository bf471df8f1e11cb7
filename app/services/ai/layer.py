"""The AI layer as one piece that `app.bootstrap` wires in, or leaves out."""

import os
import secrets
import socket
from collections.abc import Sequence
from time import monotonic
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.config import AISettings
from app.db.session import AsyncDoor
from app.errors import AppError
from app.models.enums import UserRole
from app.models.user import AI_ASSISTANT_ID
from app.services.ai.ai_interaction_service import AIInteractionService
from app.services.ai.client import AIServiceClient
from app.services.ai.dispatcher import LocalDispatcher
from app.services.ai.message_router_service import is_for_ai
from app.services.ai.records import AIReplyFailed, Question
from app.services.ai.worker import AIWorker
from app.services.core.events import EventDelivery, MessageSent
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
        self._client = AIServiceClient(settings)
        owner = f"{socket.gethostname()[:24]}-{os.getpid()}-{secrets.token_hex(4)}"
        worker = AIWorker(door, self._client, settings, owner)
        self.dispatcher = LocalDispatcher(door, worker, settings)

    def hook(self, db: Session, messages: Sequence[MessageRecord]) -> None:
        AIInteractionService(db).record_patient_messages(messages, self._client.public_url)

    def subscribe(self, events: EventDelivery) -> None:
        events.subscribe(MessageSent, self._message_sent)
        events.subscribe(AIReplyFailed, self._reply_failed)

    async def start(self) -> None:
        await self._door.run(
            lambda db: UserService(db).ensure_user(AI_ASSISTANT_ID, UserRole.AI_ASSISTANT)
        )
        self.dispatcher.start()

    async def stop(self) -> None:
        await self.dispatcher.stop()
        await self._client.close()

    async def test(self, message: str | None) -> dict[str, Any]:
        """One real call; nothing is stored. A failure is an answer here, not an error."""
        question = Question(message or TEST_QUESTION, [], "", "")
        began = monotonic()
        try:
            reply = await self._client.ask(question, generate_record_id())
        except AppError as error:
            duration_ms = round((monotonic() - began) * 1000)
            return {"ok": False, "duration_ms": duration_ms, "error": error}
        return {"ok": True, "duration_ms": reply.duration_ms, "reply": reply.text}

    def _message_sent(self, event: MessageSent) -> None:
        if is_for_ai(event.message):
            self.dispatcher.wake()

    def _reply_failed(self, event: AIReplyFailed) -> None:
        self._push.send_message_to_group(event.group_id, event.frame())
