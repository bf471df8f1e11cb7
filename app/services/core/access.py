"""Who is calling, and what that caller may touch. What may not be seen does not exist (404)."""

import msgspec
from sqlalchemy.orm import Session

from app.errors import Forbidden, GroupNotFound
from app.models.enums import UserRole
from app.models.group import Group, session_of
from app.repositories.group_member_repository import GroupMemberRepository
from app.repositories.group_repository import GroupRepository


class Caller(msgspec.Struct, frozen=True):
    """`named`: the caller said who it is. `manages_users`: may create users and change roles.
    `sees_all`: the developer's own backend, which reads and manages every group. `sees_sessions`:
    reads every v1 session. `expires_at`: Unix seconds, when the token is over, leeway included."""

    user_id: str
    named: bool = True
    manages_users: bool = False
    sees_all: bool = False
    sees_sessions: bool = False
    expires_at: float | None = None

    def require_user_management(self) -> None:
        if not self.manages_users:
            raise Forbidden("Only a token with the scope `service` may manage users.")


def access_group(db: Session, group_id: str, caller: Caller) -> Group:
    """Raises GroupNotFound for a stranger as for a group that is not there."""
    group = GroupRepository(db).get_by_id(group_id)
    if group is None or not _may_see(db, group_id, caller):
        raise GroupNotFound
    return group


def _may_see(db: Session, group_id: str, caller: Caller) -> bool:
    if caller.sees_all or (caller.sees_sessions and session_of(group_id)):
        return True
    return role_in(db, group_id, caller.user_id) is not None


def lock_managed_group(db: Session, group_id: str, caller: Caller) -> Group:
    """For a change of members or mode: the group, locked. Raises GroupNotFound, or Forbidden for
    members who are not doctors there."""
    group = GroupRepository(db).lock(group_id)
    role = role_in(db, group_id, caller.user_id)
    if group is None or not (caller.sees_all or role):
        raise GroupNotFound
    if not caller.sees_all and role != UserRole.DOCTOR:
        raise Forbidden("Only a doctor of the group may change it.")
    return group


def role_in(db: Session, group_id: str, user_id: str) -> str | None:
    member = GroupMemberRepository(db).get_member(group_id, user_id)
    return member.user_role if member else None
