import pytest
from sqlalchemy.orm import Session

from app.errors import Forbidden, UserNotFound
from app.models.enums import UserRole
from app.services.core.access import Caller
from app.services.core.message_service import MessageService
from app.services.core.records import SendCommand
from app.services.core.user_service import UserService
from tests.services.core.ward import BACKEND, DORA, EVE, PAT, open_ward


@pytest.fixture
def ward(db: Session) -> str:
    return open_ward(db)


@pytest.fixture
def service(db: Session) -> UserService:
    return UserService(db)


def test_create(service: UserService) -> None:
    """By who manages users; the id is made here."""
    user = service.create_user("张三", UserRole.DOCTOR, BACKEND)
    assert (user.username, user.user_role) == ("张三", "DOCTOR")
    assert user.user_id.startswith("user_")
    assert len(user.user_id) <= 48
    assert service.get_user(user.user_id, BACKEND) == user


def test_only_managers_manage(service: UserService, ward: str) -> None:
    """Everybody else is refused, for himself too."""
    with pytest.raises(Forbidden):
        service.create_user("x", UserRole.PATIENT, DORA)
    with pytest.raises(Forbidden):
        service.update_user_role("pat", UserRole.DOCTOR, PAT)


def test_update_role(service: UserService, ward: str) -> None:
    """Changes the role in the system; those in groups stay."""
    assert service.update_user_role("pat", UserRole.DOCTOR, BACKEND).user_role == "DOCTOR"
    assert service.get_groups("pat", BACKEND)[0].user_role == "PATIENT"
    with pytest.raises(UserNotFound):
        service.update_user_role("nobody", UserRole.DOCTOR, BACKEND)


@pytest.mark.parametrize(
    ("caller", "seen"), [(PAT, True), (DORA, True), (BACKEND, True), (EVE, False)]
)
def test_who_sees_whom(service: UserService, ward: str, caller: Caller, seen: bool) -> None:
    """Oneself, those one shares a group with, and managers everybody."""
    if seen:
        assert service.get_user("pat", caller).user_id == "pat"
    else:
        with pytest.raises(UserNotFound):
            service.get_user("pat", caller)


def test_unknown_user(service: UserService) -> None:
    """Is told like one that may not be seen."""
    with pytest.raises(UserNotFound):
        service.get_user("nobody", BACKEND)
    with pytest.raises(UserNotFound):
        service.get_groups("nobody", BACKEND)


def test_groups(db: Session, service: UserService, ward: str) -> None:
    """Newest activity first, each with its last message; one's own only."""
    other = open_ward(db)
    last = MessageService(db).send(SendCommand(group_id=ward, from_user_id="pat", content="x"))
    db.expire_all()
    found = [(m.group.group_id, m.last_message) for m in service.get_groups("pat", PAT)]
    assert found == [(ward, last), (other, None)]
    with pytest.raises(UserNotFound):
        service.get_groups("pat", DORA)
    assert len(service.get_groups("pat", BACKEND)) == 2


def test_ensure_user(service: UserService) -> None:
    """The first time makes the user, later ones change nothing."""
    service.ensure_user("new")
    service.ensure_user("new", UserRole.DOCTOR)
    assert service.get_user("new", BACKEND).user_role == "PATIENT"
