"""`im worker` says in one line why it does not start, and whether one is alive."""

from pathlib import Path

import pytest

from tests.support.databases import PostgresDatabases
from tests.support.processes import Finished, free_port, im
from tests.support.redis import redis_server
from tests.support.workers import worker_process


def refused(finished: Finished, *parts: str) -> None:
    """One line, which says all of this."""
    assert finished.returncode != 0
    (line,) = finished.stderr.strip().splitlines()
    for part in parts:
        assert part in line


@pytest.fixture
def environment(postgres: PostgresDatabases) -> dict[str, str]:
    return {
        "AI_DISPATCH": "celery",
        "AI_SERVICE_URL": "http://127.0.0.1:9",
        "DATABASE_URL": postgres.new(),
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
    }


def test_where_replies_are_made_elsewhere(environment: dict[str, str]) -> None:
    """With AI_DISPATCH=local a worker would be one that nobody calls."""
    refused(im("worker", **environment | {"AI_DISPATCH": "local"}), "AI_DISPATCH", "im serve")


def test_settings_that_contradict(environment: dict[str, str]) -> None:
    """The line says which, and what to do."""
    sqlite = environment | {"DATABASE_URL": "sqlite:///im.db"}
    refused(im("worker", **sqlite), "AI_DISPATCH", "SQLite")


def test_an_empty_database(environment: dict[str, str], postgres: PostgresDatabases) -> None:
    """It is not a worker's to migrate."""
    empty = environment | {"DATABASE_URL": postgres.new(migrated=False)}
    refused(im("worker", **empty), "DATABASE_URL", "im db upgrade")


def test_no_broker(environment: dict[str, str]) -> None:
    """Neither to work for, nor to ask whether a worker is alive; its password is not told."""
    broker = {"CELERY_BROKER_URL": f"redis://:secret@127.0.0.1:{free_port()}/0"}
    for command in (("worker",), ("worker", "--check")):
        finished = im(*command, **environment, **broker)
        refused(finished, "CELERY_BROKER_URL", "refused")
        assert "secret" not in finished.stderr


def test_whether_one_is_alive(environment: dict[str, str], tmp_path: Path) -> None:
    """Only while one hears its broker, whatever Redis has forgotten."""
    with redis_server(tmp_path) as server:
        environment |= {"REDIS_URL": server.url(), "CELERY_CANARY_SECONDS": "0.5"}
        refused(im("worker", "--check", "--wait", "0", **environment), "no worker")
        with worker_process(tmp_path / "worker.log", **environment) as worker:
            worker.ready()
            server.client().flushall()
            found = im("worker", "--check", **environment)
            assert found.returncode == 0, found.stderr
            assert "1 on queue im-ai: im-" in found.stdout
            named = im("worker", "--check", "--wait", "0", "--name", "other", **environment)
            refused(named, "worker other")
            assert worker.stop() == 0
        refused(im("worker", "--check", "--wait", "0", **environment), "no worker")
