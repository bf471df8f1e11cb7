from sqlalchemy.orm import Session

from app.db import outbox
from app.errors import AlreadyMember, NotAMember, UserNotFound
from app.models.enums import UserRole
from app.models.group import Group, session_group_id
from app.repositories.group_member_repository import GroupMemberRepository
from app.repositories.group_repository import GroupRepository
from app.repositories.session_repository import SessionRepository
from app.repositories.user_repository import UserRepository
from app.services.core.access import Caller, access_group, lock_managed_group
from app.services.core.events import AIModeChanged, MemberAdded, MemberRemoved
from app.services.core.records import GroupRecord, MemberRecord, Membership
from app.services.core.translate import group_record, membership
from app.utils.id_generator import generate_group_id


class GroupService:
    def __init__(self, db: Session) -> None:
        self._db = db
        self._groups = GroupRepository(db)
        self._members = GroupMemberRepository(db)

    def create_group(self, group_name: str, description: str | None, caller: Caller) -> GroupRecord:
        """The caller becomes the group's first member, as DOCTOR."""
        group = self._groups.create(generate_group_id(), group_name, description, caller.user_id)
        self._join(group, caller.user_id, UserRole.DOCTOR)
        return group_record(group)

    def open_session(self, session_id: str) -> None:
        """Makes sure of the v1 session between this user and the AI assistant, and tells who is in
        it, even where it is not new: who asks does not know of it."""
        SessionRepository(self._db).open(session_id)
        group = self._groups.lock(session_group_id(session_id))
        assert group is not None  # noqa: S101 - opened above
        for member in self._members.get_members_by_group(group.group_id):
            self._announce(group, member.user_id, member.user_role, again=True)

    def is_member(self, group_id: str, user_id: str) -> bool:
        return self._members.get_member(group_id, user_id) is not None

    def introduce(self, group_id: str, user_id: str) -> None:
        """Tells of a member whom a script has let in past this service; nothing of who is none."""
        group = self._groups.lock(group_id)
        member = self._members.get_member(group_id, user_id)
        if group is not None and member is not None:
            self._announce(group, user_id, member.user_role, again=True)

    def get_group(self, group_id: str, caller: Caller) -> GroupRecord:
        return group_record(access_group(self._db, group_id, caller))

    def get_group_members(self, group_id: str, caller: Caller) -> list[MemberRecord]:
        """In the order in which they joined."""
        access_group(self._db, group_id, caller)
        return [
            MemberRecord(member.user_id, member.user_role, member.joined_at)
            for member in self._members.get_members_by_group(group_id)
        ]

    def add_member(self, group_id: str, user_id: str, user_role: str, caller: Caller) -> None:
        """Raises GroupNotFound, Forbidden, UserNotFound or AlreadyMember."""
        group = lock_managed_group(self._db, group_id, caller)
        if UserRepository(self._db).get_by_id(user_id) is None:
            raise UserNotFound
        if self._members.get_member(group_id, user_id) is not None:
            raise AlreadyMember
        self._join(group, user_id, user_role)

    def remove_member(self, group_id: str, user_id: str, caller: Caller) -> None:
        """Everybody may leave; a doctor may remove others. Raises as `add_member` does, and
        NotAMember."""
        if user_id == caller.user_id and not caller.sees_all:
            access_group(self._db, group_id, caller)
            group = self._groups.lock(group_id)
        else:
            group = lock_managed_group(self._db, group_id, caller)
        member = self._members.get_member(group_id, user_id)
        if member is None or group is None:
            raise NotAMember
        role = member.user_role
        self._members.remove_member(group_id, user_id)
        outbox.record(self._db, MemberRemoved(group_id, user_id, role, group.member_changes))

    def set_ai_mode(self, group_id: str, ai_mode: str, caller: Caller) -> GroupRecord:
        """What it means is up to the layer that answers. Raises GroupNotFound or Forbidden. Nobody
        is told of a mode that was there before."""
        group = lock_managed_group(self._db, group_id, caller)
        if group.ai_mode != ai_mode:
            group.ai_mode = ai_mode
            self._groups.update(group)
            outbox.record(self._db, AIModeChanged(group_id, ai_mode, caller.user_id))
        return group_record(group)

    def memberships(self, user_id: str) -> list[Membership]:
        return [membership(group, role) for group, role in self._members.groups_of(user_id)]

    def _join(self, group: Group, user_id: str, user_role: str) -> None:
        self._members.add_member(group.group_id, user_id, user_role)
        self._announce(group, user_id, user_role)

    def _announce(self, group: Group, user_id: str, user_role: str, *, again: bool = False) -> None:
        outbox.record(
            self._db,
            MemberAdded(
                group.group_id, user_id, user_role, group.last_seq, group.ai_mode,
                group.member_changes, again,
            ),
        )  # fmt: skip
