from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from app.db.engine import Database


@pytest.fixture
def db(database: Database) -> Iterator[Session]:
    """A session whose work is never committed."""
    with database.writing() as session:
        yield session
