from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from app.db.engine import Database
from tests.services.core.ward import open_ward
from tests.support.shared import shared_database

__all__ = ["shared_database"]


@pytest.fixture
def db(shared_database: Database) -> Iterator[Session]:
    """A session whose work is taken back."""
    with shared_database.writing() as session:
        yield session


@pytest.fixture
def ward(database: Database) -> str:
    """Stored."""
    with database.writing() as session:
        group_id = open_ward(session)
        session.commit()
    return group_id
