from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from app.config import GROUPS
from tests.support.servers import RunningServer, run_service
from tests.websocket.clinic import Clinic


@pytest.fixture(scope="session", params=["sqlite_files", "postgres", "mariadb", "foreign"])
def shared_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """Open mode, no AI, as good as new for every test that keeps to its own users. `foreign` is
    another server than our own, on SQLite."""
    foreign = request.param == "foreign"
    databases = request.getfixturevalue("sqlite_files" if foreign else request.param)
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path_factory.mktemp("server"))
            for group in GROUPS.values():
                for name in group.model_fields:
                    patch.delenv(name.upper(), raising=False)
            running = stack.enter_context(
                run_service(foreign=foreign, database_url=databases.new())
            )
        yield running


@pytest.fixture
def clinic(shared_server: RunningServer) -> Clinic:
    return Clinic(shared_server, uuid4().hex[:12])


@pytest.fixture
def private_clinic(server: RunningServer) -> Clinic:
    """In a server of the test's own, with `server_settings` and an AI that echoes."""
    return Clinic(server, uuid4().hex[:12])
