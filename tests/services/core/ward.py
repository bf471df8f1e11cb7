"""The cast of these tests."""

from sqlalchemy.orm import Session

from app.models.enums import UserRole
from app.services.core.access import Caller
from app.services.core.group_service import GroupService
from app.services.core.user_service import UserService

DORA, PAT, EVE = Caller("dora"), Caller("pat"), Caller("eve")
BACKEND = Caller("backend", manages_users=True, sees_all=True)
"""The developer's own."""


def open_ward(db: Session) -> str:
    """A group of the doctor dora and the patient pat; eve exists, and is not in it."""
    users = UserService(db)
    for user_id, role in (
        ("dora", UserRole.DOCTOR),
        ("pat", UserRole.PATIENT),
        ("eve", UserRole.PATIENT),
    ):
        users.ensure_user(user_id, role)
    group_id = GroupService(db).create_group("Ward", None, DORA).group_id
    GroupService(db).add_member(group_id, "pat", UserRole.PATIENT, DORA)
    return group_id
