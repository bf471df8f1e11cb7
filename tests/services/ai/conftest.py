from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.databases import SqliteFiles
from tests.support.scripted_ai import ScriptedAI
from tests.support.servers import RunningServer, run_program, run_service

QUICK: dict[str, Any] = {
    "ai_service_timeout": 2.0,
    "ai_read_timeout": 1.0,
    "ai_connect_timeout": 1.0,
    "ai_lease_seconds": 1.0,
    "ai_first_byte_timeout": 1.0,
    "ai_retry_seconds": 0.1,
    "ai_max_attempts": 2,
    "ai_handoff_seconds": 0,
}


@pytest.fixture
def scripted_ai() -> ScriptedAI:
    return ScriptedAI()


@pytest.fixture
def ai_url(scripted_ai: ScriptedAI) -> Iterator[str]:
    with run_program(scripted_ai.app) as url:
        yield url


@pytest.fixture
def service(database_url: str, ai_url: str) -> Iterator[RunningServer]:
    """On each database, with the scripted AI and short timeouts."""
    with run_service(database_url=database_url, ai_service_url=ai_url, **QUICK) as running:
        yield running


@pytest.fixture
def sqlite_service(sqlite_files: SqliteFiles, ai_url: str) -> Iterator[RunningServer]:
    url = sqlite_files.new()
    with run_service(database_url=url, ai_service_url=ai_url, **QUICK) as running:
        yield running
