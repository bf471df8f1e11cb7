import pytest

from app.db.engine import Database
from app.services.ai.message_router_service import CALL, MessageRouterService
from app.services.core.access import Caller
from app.services.core.group_service import GroupService
from app.services.core.user_service import UserService


@pytest.mark.parametrize(
    ("role", "routed"), [("PATIENT", True), ("DOCTOR", False), ("AI_ASSISTANT", False)]
)
def test_only_patients_of_the_group_are_routed(
    database: Database, role: str, *, routed: bool
) -> None:
    """By the role in the group; a stranger has none."""
    doctor = Caller("doc", manages_users=True)
    with database.writing() as db:
        UserService(db).ensure_user("someone")
        group = GroupService(db).create_group("g", None, doctor).group_id
        GroupService(db).add_member(group, "someone", role, doctor)
        router = MessageRouterService(db)
        assert router.get_user_role_in_group(group, "someone") == role
        assert router.should_route_to_ai(group, "someone") is routed
        assert router.get_user_role_in_group(group, "stranger") is None
        assert router.should_route_to_ai(group, "stranger") is False


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@AI help", True),
        ("please, @ai", True),
        ("你好@AI我头疼", True),
        ("＠AI 帮忙", True),
        ("(@AI)", True),
        ("@AI.", True),
        ("mail me@ai.example", False),
        ("@ai.example", False),
        ("@aile", False),
        ("@AI-bot", False),
        ("AI", False),
    ],
)
def test_who_calls_the_ai(text: str, *, called: bool) -> None:
    """By its name, and not by an address or another name that begins like it."""
    assert bool(CALL.search(text)) is called
