"""Whom the AI answers, and when it holds its tongue."""

import re
from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from app.errors import AIUnavailable
from app.models.enums import AIMode, MessageType, UserRole
from app.models.message import Message
from app.repositories.group_repository import GroupRepository
from app.repositories.message_repository import MessageRepository
from app.services.core.access import role_in
from app.services.core.records import MessageRecord
from app.utils.clock import utc_now

CALL = re.compile(r"(?<![\w.])[@＠]ai(?![\w.-]*\w)", re.IGNORECASE | re.ASCII)
"""`@AI`, but not `me@ai.example` or `@aile`. In Chinese no blank need follow."""

LAST = 1 << 62
DOCTOR_ANSWERS = "A doctor has answered instead."


def is_patients(message: MessageRecord | Message) -> bool:
    """A patient's words may be for the AI; a doctor's and the AI's own never are. Only the role in
    the group counts, whatever the sender is elsewhere."""
    return message.user_role == UserRole.PATIENT and message.msg_type != MessageType.AI_REPLY


class MessageRouterService:
    """`handoff_s`: how long a doctor's message keeps the AI silent in a group of mode `auto`; 0:
    it does not."""

    def __init__(self, db: Session, handoff_s: float = 0) -> None:
        self._db = db
        self._groups = GroupRepository(db)
        self._messages = MessageRepository(db)
        self._handoff_s = handoff_s

    def should_route_to_ai(self, group_id: str, user_id: str) -> bool:
        """As the role alone has it; mode and handoff are looked at where a message is stored."""
        return self.get_user_role_in_group(group_id, user_id) == UserRole.PATIENT

    def get_user_role_in_group(self, group_id: str, user_id: str) -> str | None:
        return role_in(self._db, group_id, user_id)

    def for_ai(self, messages: Sequence[MessageRecord]) -> list[MessageRecord]:
        """Those that the AI is to answer, of messages that are stored in this transaction."""
        asked = [message for message in messages if is_patients(message)]
        if not asked:
            return []
        modes = self._groups.ai_modes({message.group_id for message in asked})
        auto = {group_id for group_id, mode in modes.items() if mode == AIMode.AUTO}
        taken_over = self._with_doctor(auto)
        return [
            message
            for message in asked
            if modes[message.group_id] != AIMode.OFF
            and (message.group_id in auto - taken_over or self._calls(message))
        ]

    def check_may_speak(self, asked: Sequence[Message], since_seq: int) -> str:
        """Also in the transaction that stores the reply, with the group locked. Gives the group's
        mode. Raises AIUnavailable where that forbids it by now, or a doctor has written after
        `since_seq`."""
        group_id = asked[0].group_id
        mode = self._groups.ai_modes([group_id]).get(group_id, AIMode.OFF)
        if mode == AIMode.OFF or (mode == AIMode.MENTION and not any(map(self._calls, asked))):
            raise AIUnavailable(f"The group's AI mode is {mode} now.")
        if mode == AIMode.AUTO and self._doctor_since(group_id, since_seq):
            raise AIUnavailable(DOCTOR_ANSWERS)
        return mode

    def check_turns(self, group_id: str, most: int) -> None:
        """Raises AIUnavailable where nobody but the AI has spoken for that many messages."""
        last = self._messages.before(group_id, LAST, most)
        if len(last) == most and {one.msg_type for one in last} == {MessageType.AI_REPLY}:
            raise AIUnavailable(f"The AI has spoken {most} times without anybody in between.")

    def _doctor_since(self, group_id: str, seq: int) -> bool:
        counts = self._handoff_s > 0
        return counts and self._messages.has_after(group_id, seq, UserRole.DOCTOR)

    def _with_doctor(self, group_ids: Collection[str]) -> set[str]:
        """Those in which a doctor has written a short while ago."""
        if not (self._handoff_s and group_ids):
            return set()
        since = utc_now() - timedelta(seconds=self._handoff_s)
        return self._messages.groups_heard_since(group_ids, since, UserRole.DOCTOR)

    def _calls(self, message: MessageRecord | Message) -> bool:
        """`@AI`, or a reply to what it said."""
        if CALL.search(message.msg_content):
            return True
        if message.reply_to_message_id is None:
            return False
        replied = self._messages.get_by_id(message.reply_to_message_id)
        return replied is not None and replied.msg_type == MessageType.AI_REPLY
