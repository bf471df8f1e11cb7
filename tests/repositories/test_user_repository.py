import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.repositories.user_repository import UserRepository


def test_create(db: Session) -> None:
    """A new user has its row's id and its times at once."""
    user = UserRepository(db).create("pat", "患者 👤", "PATIENT")
    assert user.id > 0
    assert user.created_at == user.updated_at or user.updated_at > user.created_at
    assert UserRepository(db).get_by_id("pat") is user


def test_create_twice(db: Session) -> None:
    """The database itself refuses a second user with this id."""
    UserRepository(db).create("pat", "name", "PATIENT")
    with pytest.raises(IntegrityError):
        UserRepository(db).create("pat", "name", "PATIENT")


def test_unknown(db: Session) -> None:
    """Is None."""
    assert UserRepository(db).get_by_id("nobody") is None


def test_ids_are_exact(db: Session) -> None:
    """Case and composition tell ids apart."""
    users = UserRepository(db)
    users.create("Pat", "name", "PATIENT")
    users.create("caf\u00e9", "name", "PATIENT")
    assert users.get_by_id("pat") is None
    assert users.get_by_id("cafe\u0301") is None


def test_update(db: Session) -> None:
    """A change is seen by whoever reads next, and moves `updated_at`."""
    users = UserRepository(db)
    user = users.create("pat", "name", "PATIENT")
    before = user.updated_at
    user.user_role = "DOCTOR"
    users.update(user)
    db.expire_all()
    found = users.get_by_id("pat")
    assert found is not None
    assert found.user_role == "DOCTOR"
    assert found.updated_at >= before


def test_create_if_absent(db: Session) -> None:
    """The first call makes the user, named by its id; later ones leave it as it is."""
    users = UserRepository(db)
    assert users.create_if_absent("pat", "PATIENT")
    assert not users.create_if_absent("pat", "DOCTOR")
    user = users.get_by_id("pat")
    assert user is not None
    assert (user.username, user.user_role) == ("pat", "PATIENT")
