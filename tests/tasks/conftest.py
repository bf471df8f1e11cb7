from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.databases import PostgresDatabases
from tests.support.redis import RedisServer
from tests.support.servers import RunningServer, run_service
from tests.support.workers import WorkerProcess, worker_process


@pytest.fixture
def environment(postgres: PostgresDatabases, redis: RedisServer, ai_url: str) -> dict[str, str]:
    """Of the service and of its workers; to be changed before they are asked for."""
    name = f"im-{uuid4().hex[:8]}"
    return {
        "AI_DISPATCH": "celery",
        "DATABASE_URL": postgres.new(),
        "REDIS_URL": redis.url(),
        "REDIS_PREFIX": name,
        "CELERY_QUEUE": name,
        "CELERY_CANARY_SECONDS": "1",
        "AI_SERVICE_URL": ai_url,
        "AI_HANDOFF_SECONDS": "0",
        "AI_LEASE_SECONDS": "1.5",
        "LOG_FORMAT": "json",
    }


@pytest.fixture
def service(environment: dict[str, str]) -> Iterator[RunningServer]:
    """Makes no replies itself."""
    settings = {name.lower(): value for name, value in environment.items()}
    with run_service(**settings) as running:
        yield running


@pytest.fixture
def worker(tmp_path: Path, environment: dict[str, str]) -> Iterator[WorkerProcess]:
    """It starts while the test does something else."""
    with worker_process(tmp_path / "worker.log", **environment) as process:
        yield process
