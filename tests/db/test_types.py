from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from app.db.engine import Database
from app.models import User
from app.repositories.user_repository import UserRepository

MOMENT = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
"""Within an hour that many places skip."""


def stored(database: Database, moment: datetime) -> datetime:
    with database.writing() as db:
        db.add(User(user_id="pat", username="name", created_at=moment))
        db.commit()
    with database.reading() as db:
        found = UserRepository(db).get_by_id("pat")
        assert found is not None
        return found.created_at


def test_time_comes_back(database: Database) -> None:
    """To the microsecond, aware and in UTC, whatever the database keeps."""
    found = stored(database, MOMENT)
    assert found == MOMENT
    assert found.tzinfo is UTC


def test_time_of_another_zone(database: Database) -> None:
    """Is the same moment, told in UTC."""
    found = stored(database, MOMENT.astimezone(timezone(timedelta(hours=8))))
    assert (found, found.tzinfo) == (MOMENT, UTC)


def test_time_without_a_zone(database: Database) -> None:
    """Is a mistake, not a guess."""
    with database.writing() as db:
        db.add(User(user_id="pat", username="name", created_at=MOMENT.replace(tzinfo=None)))
        with pytest.raises(StatementError, match="without a time zone"):
            db.flush()
