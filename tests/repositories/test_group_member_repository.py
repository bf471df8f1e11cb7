import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.repositories.group_member_repository import GroupMemberRepository
from app.repositories.group_repository import GroupRepository
from app.repositories.message_repository import MessageRepository


@pytest.fixture
def members(db: Session) -> GroupMemberRepository:
    for name in ("a", "b", "c"):
        GroupRepository(db).create(f"group_{name}", name, None, "dora")
    return GroupMemberRepository(db)


def test_add_and_get(members: GroupMemberRepository) -> None:
    """The role is that in the group."""
    members.add_member("group_a", "pat", "PATIENT")
    members.add_member("group_b", "pat", "DOCTOR")
    found = members.get_member("group_a", "pat"), members.get_member("group_b", "pat")
    assert [member and member.user_role for member in found] == ["PATIENT", "DOCTOR"]
    assert members.get_member("group_c", "pat") is None


def test_add_twice(members: GroupMemberRepository) -> None:
    """The database itself refuses a second membership."""
    members.add_member("group_a", "pat", "PATIENT")
    with pytest.raises(IntegrityError):
        members.add_member("group_a", "pat", "DOCTOR")


def test_members_in_order(members: GroupMemberRepository) -> None:
    """In the order in which they joined, of this group only."""
    for user in ("zoe", "adam", "mia"):
        members.add_member("group_a", user, "PATIENT")
    members.add_member("group_b", "eve", "PATIENT")
    assert [m.user_id for m in members.get_members_by_group("group_a")] == ["zoe", "adam", "mia"]


def test_remove(members: GroupMemberRepository) -> None:
    """Takes out this one from here, once."""
    for user, group in (("pat", "group_a"), ("pat", "group_b"), ("mia", "group_a")):
        members.add_member(group, user, "PATIENT")
    assert members.remove_member("group_a", "pat")
    assert not members.remove_member("group_a", "pat")
    assert members.get_member("group_a", "pat") is None
    assert members.get_member("group_a", "mia") is not None
    assert members.get_member("group_b", "pat") is not None


def test_groups_of_a_user(members: GroupMemberRepository) -> None:
    """All of them, each with the role there."""
    members.add_member("group_a", "pat", "PATIENT")
    members.add_member("group_b", "pat", "DOCTOR")
    members.add_member("group_c", "eve", "PATIENT")
    found = {group.group_id: role for group, role in members.groups_of("pat")}
    assert found == {"group_a": "PATIENT", "group_b": "DOCTOR"}
    assert members.groups_of("nobody") == []


def test_latest_groups_of_a_user(db: Session, members: GroupMemberRepository) -> None:
    """Newest activity first, each with the role there and the last message, if there is one."""
    for group in ("group_a", "group_b"):
        members.add_member(group, "pat", "PATIENT")
    members.add_member("group_c", "eve", "PATIENT")
    for number in (1, 2):
        MessageRepository(db).create(f"msg_{number}", "group_a", "pat", "TEXT", str(number))
    db.expire_all()
    found = [
        (group.group_id, role, last and last.message_id)
        for group, role, last in members.latest_groups_of("pat")
    ]
    assert found == [("group_a", "PATIENT", "msg_2"), ("group_b", "PATIENT", None)]
    assert members.latest_groups_of("nobody") == []


def test_share_a_group(members: GroupMemberRepository) -> None:
    """Tells who may know of each other."""
    members.add_member("group_a", "pat", "PATIENT")
    members.add_member("group_a", "dora", "DOCTOR")
    members.add_member("group_b", "eve", "PATIENT")
    assert members.share_a_group("pat", "dora")
    assert not members.share_a_group("pat", "eve")
