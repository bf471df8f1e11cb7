"""Whom the AI answers, and when it holds its tongue."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.errors import AIUnavailable
from app.models.enums import AIMode, MessageType, UserRole
from app.repositories.ai_work_repository import AIWorkRepository
from app.repositories.message_repository import MessageRepository
from app.services.core.access import role_in
from app.services.core.records import MessageRecord
from app.utils.clock import utc_now

CALL = re.compile(r"(?<![\w.])[@＠]ai(?![\w.-]*\w)", re.IGNORECASE | re.ASCII)
"""`@AI`, but not `me@ai.example` or `@aile`. In Chinese no blank need follow."""

NEVER = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
DOCTOR_ANSWERS = "A doctor has answered instead."


def is_patients(message: MessageRecord) -> bool:
    """A patient's words may be for the AI; a doctor's and the AI's own never are. Only the role in
    the group counts, whatever the sender is elsewhere."""
    return message.user_role == UserRole.PATIENT and message.msg_type != MessageType.AI_REPLY


def calls_ai(content: str, replied_type: str | None) -> bool:
    """`@AI`, or a reply to what it said."""
    return replied_type == MessageType.AI_REPLY or CALL.search(content) is not None


def check_may_speak(asked: Sequence[Row[Any]], *, called: bool, handoff_s: float) -> None:
    """Before the AI is asked, and again in the transaction that stores its reply, with the group
    locked. A doctor counts who has written after the last of what was `asked`; none does where
    `handoff_s` is 0. Raises AIUnavailable."""
    ai_mode = asked[0].ai_mode
    if ai_mode == AIMode.OFF or (ai_mode == AIMode.MENTION and not called):
        raise AIUnavailable(f"The group's AI mode is {ai_mode} now.")
    if ai_mode == AIMode.AUTO and handoff_s and all(one.doctor_since for one in asked):
        raise AIUnavailable(DOCTOR_ANSWERS)


class MessageRouterService:
    """`handoff_s`: how long a doctor's message keeps the AI silent in a group of mode `auto`; 0:
    it does not."""

    def __init__(self, db: Session, handoff_s: float = 0) -> None:
        self._db = db
        self._work = AIWorkRepository(db)
        self._handoff_s = handoff_s

    def should_route_to_ai(self, group_id: str, user_id: str) -> bool:
        """As the role alone has it; mode and handoff are looked at where a message is stored."""
        return self.get_user_role_in_group(group_id, user_id) == UserRole.PATIENT

    def get_user_role_in_group(self, group_id: str, user_id: str) -> str | None:
        return role_in(self._db, group_id, user_id)

    def route(self, messages: Sequence[MessageRecord]) -> tuple[list[MessageRecord], set[str]]:
        """Those that the AI is to answer, of messages that are stored in this transaction; and the
        groups in which it has not ended an earlier answer."""
        asked = [message for message in messages if is_patients(message)]
        if not asked:
            return [], set()
        since = utc_now() - timedelta(seconds=self._handoff_s) if self._handoff_s else NEVER
        routes = self._work.routes({message.group_id for message in asked}, since)
        auto = {
            group_id
            for group_id, route in routes.items()
            if route.ai_mode == AIMode.AUTO and not route.with_doctor
        }
        routed = [
            message
            for message in asked
            if message.group_id in auto
            or (routes[message.group_id].ai_mode != AIMode.OFF and self._calls(message))
        ]
        return routed, {group_id for group_id, route in routes.items() if route.busy}

    def _calls(self, message: MessageRecord) -> bool:
        if message.reply_to_message_id is None:
            return calls_ai(message.msg_content, None)
        replied = MessageRepository(self._db).get_by_id(message.reply_to_message_id)
        return calls_ai(message.msg_content, replied.msg_type if replied else None)
