import pytest
from sqlalchemy.orm import Session

from app.errors import Forbidden, GroupNotFound
from app.services.core.access import access_group, lock_managed_group, role_in
from tests.services.core.ward import BACKEND, DORA, EVE, PAT, open_ward


@pytest.fixture
def ward(db: Session) -> str:
    return open_ward(db)


def test_members_and_the_backend_see(db: Session, ward: str) -> None:
    """And nobody else; what may not be seen does not exist."""
    for caller in (DORA, PAT, BACKEND):
        assert access_group(db, ward, caller).group_id == ward
    for group_id in (ward, "group_x"):
        with pytest.raises(GroupNotFound):
            access_group(db, group_id, EVE)


def test_doctors_and_the_backend_manage(db: Session, ward: str) -> None:
    """A patient sees the group, so he may be told that he may not."""
    for caller in (DORA, BACKEND):
        assert lock_managed_group(db, ward, caller).group_id == ward
    with pytest.raises(Forbidden):
        lock_managed_group(db, ward, PAT)
    with pytest.raises(GroupNotFound):
        lock_managed_group(db, ward, EVE)
    with pytest.raises(GroupNotFound):
        lock_managed_group(db, "group_x", BACKEND)


def test_role_in_a_group(db: Session, ward: str) -> None:
    """None for who is not in it."""
    assert [role_in(db, ward, user) for user in ("dora", "pat", "eve")] == [
        "DOCTOR",
        "PATIENT",
        None,
    ]


def test_user_management() -> None:
    """Is for those who were given it."""
    BACKEND.require_user_management()
    with pytest.raises(Forbidden):
        DORA.require_user_management()
