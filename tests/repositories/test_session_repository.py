from sqlalchemy.orm import Session

from app.repositories.group_member_repository import GroupMemberRepository
from app.repositories.group_repository import GroupRepository
from app.repositories.session_repository import SessionRepository
from app.repositories.user_repository import UserRepository


def test_open(db: Session) -> None:
    """A session is a group of its user and the AI, who are made where they were missing."""
    assert SessionRepository(db).open("pat")
    group = GroupRepository(db).get_by_id("session_pat")
    assert group is not None
    assert (group.created_by, group.last_seq) == ("pat", 0)
    members = GroupMemberRepository(db).get_members_by_group("session_pat")
    assert [(m.user_id, m.user_role) for m in members] == [
        ("pat", "PATIENT"),
        ("ai_assistant_001", "AI_ASSISTANT"),
    ]
    assistant = UserRepository(db).get_by_id("ai_assistant_001")
    assert assistant is not None
    assert assistant.is_ai_assistant()


def test_open_twice(db: Session) -> None:
    """The second time there is nothing to do, and who has left is not brought back."""
    sessions = SessionRepository(db)
    sessions.open("pat")
    GroupMemberRepository(db).remove_member("session_pat", "pat")
    assert not sessions.open("pat")
    assert GroupMemberRepository(db).get_member("session_pat", "pat") is None


def test_known_user_stays_as_he_is(db: Session) -> None:
    """A doctor may have a session too, as its patient; elsewhere he stays a doctor."""
    UserRepository(db).create("dora", "Dr. Dora", "DOCTOR")
    SessionRepository(db).open("dora")
    user = UserRepository(db).get_by_id("dora")
    assert user is not None
    assert (user.username, user.user_role) == ("Dr. Dora", "DOCTOR")


def test_longest_session_id(db: Session) -> None:
    """A user_id of full length fits into its session's group_id."""
    assert SessionRepository(db).open("x" * 48)
    assert GroupRepository(db).get_by_id("session_" + "x" * 48) is not None
