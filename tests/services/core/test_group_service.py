import pytest
from sqlalchemy.orm import Session

from app.db import outbox
from app.errors import AlreadyMember, AppError, Forbidden, GroupNotFound, NotAMember, UserNotFound
from app.models.enums import UserRole
from app.services.core.access import Caller
from app.services.core.events import MemberAdded, MemberRemoved
from app.services.core.group_service import GroupService
from app.services.core.message_service import MessageService
from app.services.core.records import SendCommand
from app.services.core.user_service import UserService
from tests.services.core.ward import BACKEND, DORA, EVE, PAT, open_ward


@pytest.fixture
def ward(db: Session) -> str:
    ward = open_ward(db)
    outbox.take(db)
    return ward


@pytest.fixture
def service(db: Session) -> GroupService:
    return GroupService(db)


def test_create(db: Session, service: GroupService) -> None:
    """The creator is its first member, as doctor, and hears of it."""
    group = service.create_group("Ward", "第一", DORA)
    assert (group.group_name, group.description, group.created_by) == ("Ward", "第一", "dora")
    assert (group.last_seq, group.ai_mode) == (0, "auto")
    (member,) = service.get_group_members(group.group_id, DORA)
    assert (member.user_id, member.user_role) == ("dora", "DOCTOR")
    assert outbox.take(db) == [MemberAdded(group.group_id, "dora", "DOCTOR", 0, "auto", 1)]


def test_add_member(db: Session, service: GroupService, ward: str) -> None:
    """Told with the group's head, from which on the newcomer hears everything."""
    MessageService(db).send(SendCommand(group_id=ward, from_user_id="pat", content="x"))
    outbox.take(db)
    service.add_member(ward, "eve", UserRole.DOCTOR, DORA)
    assert outbox.take(db) == [MemberAdded(ward, "eve", "DOCTOR", 1, "auto", 3)]
    assert [m.user_id for m in service.get_group_members(ward, EVE)] == ["dora", "pat", "eve"]


ADD_REFUSED: list[tuple[str, str, Caller, type[AppError]]] = [
    ("ward", "eve", PAT, Forbidden),
    ("ward", "eve", EVE, GroupNotFound),
    ("group_x", "eve", DORA, GroupNotFound),
    ("group_x", "eve", BACKEND, GroupNotFound),
    ("ward", "nobody", DORA, UserNotFound),
    ("ward", "nobody", PAT, Forbidden),
    ("ward", "pat", DORA, AlreadyMember),
    ("ward", "pat", BACKEND, AlreadyMember),
]


@pytest.mark.parametrize(("group", "user", "caller", "error"), ADD_REFUSED)
def test_add_member_refused(
    db: Session, service: GroupService, ward: str, group: str, user: str, caller: Caller,
    error: type[AppError],
) -> None:  # fmt: skip
    """Only doctors of the group and the backend may; nothing changes and nothing is told."""
    with pytest.raises(error):
        service.add_member(ward if group == "ward" else group, user, UserRole.PATIENT, caller)
    assert outbox.take(db) == []
    assert len(service.get_group_members(ward, DORA)) == 2


@pytest.mark.parametrize(
    ("user", "caller"), [("pat", DORA), ("pat", PAT), ("pat", BACKEND), ("dora", DORA)]
)
def test_remove_member(
    db: Session, service: GroupService, ward: str, user: str, caller: Caller
) -> None:
    """A doctor may remove others, and everybody may leave; told with the role that was had."""
    role = {"pat": "PATIENT", "dora": "DOCTOR"}[user]
    service.remove_member(ward, user, caller)
    assert outbox.take(db) == [MemberRemoved(ward, user, role, 3)]
    assert user not in {m.user_id for m in service.get_group_members(ward, BACKEND)}


REMOVE_REFUSED: list[tuple[str, str, Caller, type[AppError]]] = [
    ("ward", "dora", PAT, Forbidden),
    ("ward", "pat", EVE, GroupNotFound),
    ("ward", "eve", EVE, GroupNotFound),
    ("ward", "eve", DORA, NotAMember),
    ("ward", "eve", BACKEND, NotAMember),
    ("group_x", "pat", DORA, GroupNotFound),
]


@pytest.mark.parametrize(("group", "user", "caller", "error"), REMOVE_REFUSED)
def test_remove_member_refused(
    db: Session, service: GroupService, ward: str, group: str, user: str, caller: Caller,
    error: type[AppError],
) -> None:  # fmt: skip
    """Nothing changes and nothing is told."""
    with pytest.raises(error):
        service.remove_member(ward if group == "ward" else group, user, caller)
    assert outbox.take(db) == []
    assert len(service.get_group_members(ward, DORA)) == 2


@pytest.mark.parametrize("caller", [EVE, Caller("nobody")])
def test_stranger(service: GroupService, ward: str, caller: Caller) -> None:
    """Sees a group as little as one that is not there."""
    for group_id in (ward, "group_x"):
        with pytest.raises(GroupNotFound):
            service.get_group(group_id, caller)
        with pytest.raises(GroupNotFound):
            service.get_group_members(group_id, caller)


def test_reader_of_sessions(service: GroupService, ward: str) -> None:
    """Reads every session, and no group."""
    service.open_session("pat")
    reader = Caller("default_user", sees_sessions=True)
    assert service.get_group("session_pat", reader).group_name == "pat"
    with pytest.raises(GroupNotFound):
        service.get_group(ward, reader)


def test_open_session(db: Session, service: GroupService) -> None:
    """Tells who is in it, the second time too, since who asks does not know of it."""
    told = [
        MemberAdded("session_pat", "pat", "PATIENT", 0, "auto", 0, again=True),
        MemberAdded("session_pat", "ai_assistant_001", "AI_ASSISTANT", 0, "auto", 0, again=True),
    ]
    service.open_session("pat")
    assert outbox.take(db) == told
    service.open_session("pat")
    assert outbox.take(db) == told


def test_open_session_that_was_left(db: Session, service: GroupService) -> None:
    """Neither brings its user back nor says so."""
    service.open_session("pat")
    service.remove_member("session_pat", "pat", PAT)
    outbox.take(db)
    service.open_session("pat")
    told = [event.user_id for event in outbox.take(db) if isinstance(event, MemberAdded)]
    assert told == ["ai_assistant_001"]


def test_memberships(service: GroupService, ward: str) -> None:
    """What a connection is greeted with."""
    (membership,) = service.memberships("pat")
    assert (membership.group.group_id, membership.user_role) == (ward, "PATIENT")
    assert service.memberships("eve") == []


def test_new_user_in_no_group(db: Session, service: GroupService) -> None:
    """Has no memberships, whatever others have."""
    UserService(db).ensure_user("new")
    assert service.memberships("new") == []
