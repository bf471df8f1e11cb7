from sqlalchemy.orm import Session

from app.errors import UserNotFound
from app.models.enums import UserRole
from app.models.user import User
from app.repositories.group_member_repository import GroupMemberRepository
from app.repositories.user_repository import UserRepository
from app.services.core.access import Caller
from app.services.core.records import Membership, UserRecord
from app.services.core.translate import group_record, message_record, user_record
from app.utils.id_generator import generate_user_id


class UserService:
    def __init__(self, db: Session) -> None:
        self._db = db
        self._users = UserRepository(db)

    def create_user(self, username: str, user_role: str, caller: Caller) -> UserRecord:
        caller.require_user_management()
        return user_record(self._users.create(generate_user_id(), username, user_role))

    def ensure_user(self, user_id: str, user_role: str = UserRole.PATIENT) -> None:
        self._users.create_if_absent(user_id, user_role)

    def get_user(self, user_id: str, caller: Caller) -> UserRecord:
        """Raises UserNotFound, also where the caller shares no group with the user."""
        self._check_visible(user_id, caller)
        return user_record(self._existing(user_id))

    def update_user_role(self, user_id: str, user_role: str, caller: Caller) -> UserRecord:
        caller.require_user_management()
        user = self._existing(user_id)
        user.user_role = user_role
        return user_record(self._users.update(user))

    def get_groups(self, user_id: str, caller: Caller) -> list[Membership]:
        """Newest activity first, each with its last message. Only one's own, or a manager's."""
        if user_id != caller.user_id and not caller.manages_users:
            raise UserNotFound
        self._existing(user_id)
        found = GroupMemberRepository(self._db).latest_groups_of(user_id)
        return [
            Membership(group_record(group), role, message_record(last) if last else None)
            for group, role, last in found
        ]

    def _existing(self, user_id: str) -> User:
        user = self._users.get_by_id(user_id)
        if user is None:
            raise UserNotFound
        return user

    def _check_visible(self, user_id: str, caller: Caller) -> None:
        if caller.manages_users or user_id == caller.user_id:
            return
        if not GroupMemberRepository(self._db).share_a_group(caller.user_id, user_id):
            raise UserNotFound
