import pytest
from sqlalchemy.orm import Session

from app.models.message import Message
from app.repositories.group_member_repository import GroupMemberRepository
from app.repositories.group_repository import GroupRepository
from app.repositories.message_repository import MessageRepository
from app.schemas.message import MessageCreate


@pytest.fixture
def messages(db: Session) -> MessageRepository:
    GroupRepository(db).create("group_1", "Ward", None, "dora")
    GroupRepository(db).create("group_2", "Ward", None, "dora")
    return MessageRepository(db)


def fill(messages: MessageRepository, count: int, group: str = "group_1") -> None:
    for number in range(1, count + 1):
        messages.create(f"{group}_msg_{number}", group, "pat", "TEXT", str(number))


def contents(found: list[Message]) -> list[str]:
    return [message.msg_content for message in found]


def test_create_numbers_messages(db: Session, messages: MessageRepository) -> None:
    """Each group for itself, and the group's head moves along."""
    fill(messages, 3)
    fill(messages, 1, "group_2")
    assert [m.seq for m in messages.between("group_1", 0, 10)] == [1, 2, 3]
    assert GroupRepository(db).head("group_1") == 3
    assert GroupRepository(db).head("group_2") == 1


def test_role_of_the_sender(db: Session, messages: MessageRepository) -> None:
    """Is that in the group; a script may also write for somebody who is not in it."""
    GroupMemberRepository(db).add_member("group_1", "dora", "DOCTOR")
    assert messages.create("msg_1", "group_1", "dora", "TEXT", "x").user_role == "DOCTOR"
    assert messages.create("msg_2", "group_1", "eve", "TEXT", "x").user_role == "PATIENT"


@pytest.mark.parametrize("session_id", ["test_user", "病人_1"])
def test_create_in_a_session(messages: MessageRepository, session_id: str) -> None:
    """The session design's form opens the session and counts on in it."""
    create = MessageCreate(content="测试消息", session_id=session_id)
    first, second = messages.create(create, session_id), messages.create(create, session_id)
    assert (first.group_id, first.seq, second.seq) == (f"session_{session_id}", 1, 2)
    found, total = messages.get_by_session(session_id, 1, 20)
    assert ([m.message_id for m in found], total) == ([second.message_id, first.message_id], 2)


def test_create_in_a_group_by_its_form(messages: MessageRepository) -> None:
    """The same form with a group_id."""
    message = messages.create(MessageCreate(content="x", group_id="group_1"), "pat")
    assert messages.get_by_id(message.message_id) is message


def test_unknown_type(messages: MessageRepository) -> None:
    """Is refused before anything is stored."""
    with pytest.raises(ValueError, match="VIDEO"):
        messages.create("msg_1", "group_1", "pat", "VIDEO", "x")
    assert messages.get_by_id("msg_1") is None


def test_pages(messages: MessageRepository) -> None:
    """Newest first, with the total, the last page with what is left, and none beyond it."""
    fill(messages, 7)
    pages = [messages.get_by_group("group_1", page, 3) for page in (1, 2, 3, 4, 1000)]
    assert [contents(found) for found, _ in pages] == [
        ["7", "6", "5"], ["4", "3", "2"], ["1"], [], [],
    ]  # fmt: skip
    assert {total for _, total in pages} == {7}


def test_pages_of_nothing(messages: MessageRepository) -> None:
    """An empty group and an unknown one have an empty first page."""
    assert messages.get_by_group("group_1", 1, 20) == ([], 0)
    assert messages.get_by_group("group_x", 1, 20) == ([], 0)


def test_from_a_position(messages: MessageRepository) -> None:
    """Backwards newest first, forwards oldest first, the position itself excluded."""
    fill(messages, 9)
    assert contents(messages.before("group_1", 5, 3)) == ["4", "3", "2"]
    assert contents(messages.before("group_1", 1, 3)) == []
    assert contents(messages.after("group_1", 5, 3)) == ["6", "7", "8"]
    assert contents(messages.after("group_1", 9, 3)) == []
    assert contents(messages.between("group_1", 3, 6)) == ["4", "5"]


def test_existing(messages: MessageRepository) -> None:
    """Those that are stored, each with its group."""
    fill(messages, 2)
    asked = ["group_1_msg_1", "group_1_msg_9"]
    assert messages.existing(asked) == {("group_1_msg_1", "group_1")}
