"""Who may look at a reply under way, or stop it."""

import msgspec
from sqlalchemy.orm import Session

from app.errors import StreamNotFound
from app.models.enums import RecordStatus
from app.repositories.ai_interaction_repository import AIInteractionRepository
from app.repositories.message_repository import MessageRepository
from app.services.core.access import role_in
from app.utils.id_generator import message_id_of


class AskedStream(msgspec.Struct, frozen=True):
    """`role` is that of whoever wants something of it, `asked_by` who put the question."""

    role: str
    asked_by: str


class StreamAccessService:
    def __init__(self, db: Session) -> None:
        self._db = db

    def under_way(self, stream_id: str, user_id: str) -> AskedStream:
        """Raises StreamNotFound where it is not, or not for this user."""
        message = MessageRepository(self._db).get_by_id(message_id_of(stream_id))
        if message is None:
            raise StreamNotFound
        record = AIInteractionRepository(self._db).get_by_message(message.message_id)
        role = role_in(self._db, message.group_id, user_id)
        if record is None or role is None:
            raise StreamNotFound
        if record.status != RecordStatus.IN_PROGRESS or not record.attempts:
            raise StreamNotFound
        return AskedStream(role, message.from_user_id)
