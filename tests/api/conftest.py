from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from app.config import GROUPS
from tests.support.databases import SqliteFiles
from tests.support.servers import RunningServer, run_service


@pytest.fixture(scope="session")
def shared_server(
    sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """One service for all tests of what is refused before any database is asked: open mode,
    SQLite, no AI."""
    with pytest.MonkeyPatch.context() as patch:
        for group in GROUPS.values():
            for name in group.model_fields:
                patch.delenv(name.upper(), raising=False)
        patch.chdir(tmp_path_factory.mktemp("shared"))
        with run_service(database_url=sqlite_files.new()) as running:
            yield running


@pytest.fixture(scope="session")
def shared(shared_server: RunningServer) -> Iterator[httpx2.Client]:
    """Calls as `default_user`."""
    with httpx2.Client(base_url=shared_server.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def sqlite_only(sqlite_files: SqliteFiles, tmp_path: Path) -> str:
    """The URL of a database for tests that would see the same on each."""
    return sqlite_files.new()
