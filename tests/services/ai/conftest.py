from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.databases import SqliteFiles
from tests.support.servers import RunningServer, run_service

PATIENT: dict[str, Any] = {
    "ai_service_timeout": 60.0,
    "ai_read_timeout": 30.0,
    "ai_connect_timeout": 30.0,
    "ai_lease_seconds": 1.0,
    "ai_first_byte_timeout": 30.0,
    "ai_retry_seconds": 0.1,
    "ai_max_attempts": 2,
    "ai_handoff_seconds": 0,
}
"""Where a reply is to come, however busy the machine is."""
QUICK: dict[str, Any] = PATIENT | {
    "ai_service_timeout": 2.0,
    "ai_read_timeout": 1.0,
    "ai_connect_timeout": 1.0,
    "ai_first_byte_timeout": 1.0,
}
"""Where a time runs out."""


@pytest.fixture
def ai_settings() -> dict[str, Any]:
    """Override where a test waits for a time to run out."""
    return PATIENT


@pytest.fixture
def service(database_url: str, ai_url: str, ai_settings: dict[str, Any]) -> Iterator[RunningServer]:
    """On each database, with the scripted AI."""
    with run_service(database_url=database_url, ai_service_url=ai_url, **ai_settings) as running:
        yield running


@pytest.fixture
def sqlite_service(
    sqlite_files: SqliteFiles, ai_url: str, ai_settings: dict[str, Any]
) -> Iterator[RunningServer]:
    url = sqlite_files.new()
    with run_service(database_url=url, ai_service_url=ai_url, **ai_settings) as running:
        yield running
