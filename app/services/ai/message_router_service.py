from sqlalchemy.orm import Session

from app.models.enums import MessageType, UserRole
from app.services.core.access import role_in
from app.services.core.records import MessageRecord


def is_for_ai(message: MessageRecord) -> bool:
    """A patient's words are; a doctor's and the AI's own are not. Only the role in the group
    counts, whatever the sender is elsewhere."""
    return message.user_role == UserRole.PATIENT and message.msg_type != MessageType.AI_REPLY


class MessageRouterService:
    def __init__(self, db: Session) -> None:
        self._db = db

    def should_route_to_ai(self, group_id: str, user_id: str) -> bool:
        return self.get_user_role_in_group(group_id, user_id) == UserRole.PATIENT

    def get_user_role_in_group(self, group_id: str, user_id: str) -> str | None:
        return role_in(self._db, group_id, user_id)
