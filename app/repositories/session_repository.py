from sqlalchemy.orm import Session

from app.models.enums import UserRole
from app.models.group import Group, session_group_id
from app.models.group_member import GroupMember
from app.models.user import AI_ASSISTANT_ID
from app.repositories.insert import insert_if_absent
from app.repositories.user_repository import UserRepository


class SessionRepository:
    """A v1 session S is the group `session_S` of user S, as PATIENT, and the AI assistant."""

    def __init__(self, db: Session) -> None:
        self._db = db

    def open(self, session_id: str) -> bool:
        """Creates the session where there is none; True if it is new."""
        members = {session_id: UserRole.PATIENT, AI_ASSISTANT_ID: UserRole.AI_ASSISTANT}
        users = UserRepository(self._db)
        for user_id, role in members.items():
            users.create_if_absent(user_id, role)
        group_id = session_group_id(session_id)
        created = insert_if_absent(
            self._db, Group, group_id=group_id, group_name=session_id, created_by=session_id
        )
        for user_id, role in members.items() if created else ():
            insert_if_absent(
                self._db, GroupMember, group_id=group_id, user_id=user_id, user_role=role
            )
        return created
