"""One migrated database for all tests of a module that leave nothing behind in it."""

from collections.abc import Iterator

import pytest

from app.config import load_settings
from app.db.engine import Database, open_database
from tests.support.databases import Databases


@pytest.fixture(scope="module", params=["sqlite_files", "postgres", "mariadb"])
def shared_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """To be imported by the conftest of a folder whose tests take back what they do."""
    databases: Databases = request.getfixturevalue(request.param)
    opened = open_database(load_settings(database_url=databases.new()).database)
    yield opened
    opened.dispose()
