from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from app.db.engine import Database
from tests.support.shared import shared_database

__all__ = ["shared_database"]


@pytest.fixture
def db(shared_database: Database) -> Iterator[Session]:
    """A session whose work is taken back."""
    with shared_database.writing() as session:
        yield session
