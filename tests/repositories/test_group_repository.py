from sqlalchemy.orm import Session

from app.repositories.group_repository import GroupRepository


def test_create(db: Session) -> None:
    """A new group is empty, and its AI answers."""
    group = GroupRepository(db).create("group_1", "Ward", None, "dora")
    assert (group.last_seq, group.ai_mode, group.description) == (0, "auto", None)
    assert GroupRepository(db).get_by_id("group_1") is group


def test_unknown(db: Session) -> None:
    """Is None, cannot be locked, and has no messages."""
    groups = GroupRepository(db)
    assert groups.get_by_id("group_x") is None
    assert groups.lock("group_x") is None
    assert groups.head("group_x") == 0


def test_update(db: Session) -> None:
    """A change is seen by whoever reads next."""
    groups = GroupRepository(db)
    group = groups.create("group_1", "Ward", None, "dora")
    group.description = "第一"
    groups.update(group)
    db.expire_all()
    locked = groups.lock("group_1")
    assert locked is not None
    assert locked.description == "第一"
