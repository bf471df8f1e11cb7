import os
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpcore2
import httpx2
import pytest

from ai_service.engine import LoadProfile
from ai_service.engines import engine_factories
from ai_service.main import create_app as create_ai_service
from app.config import GROUPS, LogSettings, load_settings
from app.db.engine import Database, open_database
from app.db.session import AsyncDoor, SyncDoor
from app.utils.logger import configure_logging
from tests.support.databases import Databases, PostgresDatabases, SqliteFiles, postgres_server
from tests.support.mariadb import MariaDatabases, mariadb_or_skip
from tests.support.popen import fork_server
from tests.support.redis import RedisServer, redis_server
from tests.support.scripted_ai import ScriptedAI
from tests.support.servers import RunningServer, run_program, run_service
from tests.support.tracing import pytest_runtest_protocol

__all__ = ["pytest_runtest_protocol"]  # a hook, for pytest


@pytest.fixture(scope="session", autouse=True)
def _as_programs_log() -> None:
    """Without it structlog prints an exception with the values of all variables: slow, and more
    than any log of this service may hold."""
    configure_logging(LogSettings(log_level="WARNING", log_format="json"))


@pytest.fixture(scope="session", autouse=True)
def _start_fast() -> Iterator[None]:
    """Every client would read the certificates of all authorities, and the tests make thousands of
    clients; every program would compile all modules, where it may not keep what it compiles."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore2, "default_ssl_context", cache(httpcore2.default_ssl_context))
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        with fork_server():
            yield


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine and no .env of the folder reaches a test."""
    for group in GROUPS.values():
        for name in group.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[1])]))


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresDatabases]:
    with postgres_server() as databases:
        yield databases


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A real server, empty now and then: whoever uses it takes a REDIS_PREFIX of its own."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDatabases]:
    with mariadb_or_skip() as databases:
        yield databases


FIXTURES = {"sqlite": "sqlite_files", "postgresql": "postgres", "mariadb": "mariadb"}


@pytest.fixture(params=FIXTURES)
def databases(request: pytest.FixtureRequest) -> Databases:
    """Every test that asks for a database runs on each that the service knows."""
    found: Databases = request.getfixturevalue(FIXTURES[request.param])
    return found


@pytest.fixture
def database_url(databases: Databases) -> str:
    return databases.new()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(load_settings(database_url=database_url).database)
    yield opened
    opened.dispose()


@pytest.fixture
def delivered() -> list[object]:
    return []


@pytest.fixture
async def door(database: Database, delivered: list[object]) -> AsyncIterator[AsyncDoor]:
    door = AsyncDoor(database, delivered.extend)
    yield door
    await door.close()


@pytest.fixture
def sync_door(database: Database, delivered: list[object]) -> SyncDoor:
    return SyncDoor(database, delivered.extend)


@pytest.fixture(scope="session")
def echo_ai() -> Iterator[str]:
    """The reference AI service, which here repeats what it is told."""
    engine = engine_factories()["echo"](LoadProfile())
    with run_program(create_ai_service(engine, api_key=None)) as url:
        yield url


@pytest.fixture
def scripted_ai() -> ScriptedAI:
    return ScriptedAI()


@pytest.fixture
def ai_url(scripted_ai: ScriptedAI) -> Iterator[str]:
    with run_program(scripted_ai.app) as url:
        yield url


@pytest.fixture
def server_settings() -> dict[str, Any]:
    """Override in a module or by a parameter to run the server differently."""
    return {}


@pytest.fixture
def server(
    database_url: str, echo_ai: str, server_settings: dict[str, Any]
) -> Iterator[RunningServer]:
    """The service in open mode with the echoing AI."""
    settings = {
        "database_url": database_url,
        "ai_service_url": echo_ai,
        "ai_handoff_seconds": 0,  # doctors speak in most tests; the silence has tests of its own
        **server_settings,
    }
    with run_service(**settings) as running:
        yield running


@pytest.fixture
async def http(server: RunningServer) -> AsyncIterator[httpx2.AsyncClient]:
    """Calls as `default_user`, a doctor."""
    async with server.http() as client:
        yield client
