"""`celery -A app.tasks.celery_app worker`, as any Celery program would be run."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from app.config import load_settings
from app.tasks.broker import ANSWER, CANARY, broker_url, make_celery
from tests.support.groups import messages, open_ward, send
from tests.support.servers import RunningServer
from tests.support.waiting import eventually
from tests.support.workers import worker_process

CELERY = ("celery", "-A", "app.tasks.celery_app", "worker", "--loglevel=info")


@pytest.mark.parametrize("pool", [(), ("--pool", "prefork", "--concurrency", "2")])
async def test_answers_and_says_so(
    service: RunningServer, environment: dict[str, str], tmp_path: Path, pool: tuple[str, ...]
) -> None:
    """With the threads that are its default here, and with processes. Its log tells of each
    task."""
    ward = await open_ward(service)
    environment |= {"AI_LEASE_SECONDS": "600"}  # no sweep finds it
    command = (*CELERY, *pool)
    with worker_process(tmp_path / "worker.log", command=command, **environment) as worker:
        worker.ready()
        async with service.http(ward.patient) as patient:
            await send(patient, ward.group_id, "hello")
            await eventually(
                partial(messages, patient, ward.group_id), lambda found: len(found) == 2
            )
        worker.says(f"Task {ANSWER}")
        worker.says("succeeded")
        assert worker.stop() == 0
    said = worker.log.read_text()
    assert CANARY not in said.partition(" ready.")[2]
    assert "Traceback" not in said


def test_importing_it_does_nothing(tmp_path: Path) -> None:
    """Not even where no setting fits; who asks for Celery then hears of it in a line."""
    wrong = "import os; os.environ['AI_DISPATCH'] = 'nobody'; import app.tasks.celery_app as it; "
    quiet = [sys.executable, "-c", f"{wrong}import sys; assert 'celery' not in sys.modules"]
    assert subprocess.run(quiet, check=True, capture_output=True).stderr == b""
    asking = subprocess.run(
        [sys.executable, "-c", f"{wrong}it.celery_app"], check=False, capture_output=True, text=True
    )
    assert asking.returncode == 1
    (line,) = asking.stderr.strip().splitlines()
    assert line.startswith("AI_DISPATCH: ")


def test_what_it_is_told_to_do() -> None:
    """Late acknowledgements, one message for each free hand, JSON alone, nothing kept of results,
    and no message given to a second worker while the first may still be at it."""
    settings = load_settings(redis_url="redis://127.0.0.1/3", ai_service_timeout=600)
    conf = make_celery(settings).conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.task_ignore_result
    assert conf.worker_prefetch_multiplier == 1
    assert conf.accept_content == ["json"]
    assert conf.broker_transport_options["visibility_timeout"] > 2 * 600


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock"),
        ("amqps://host/", "amqps://host/"),
        (None, "redis://127.0.0.1/3"),
    ],
)
def test_brokers(given: str | None, used: str) -> None:
    settings = load_settings(redis_url="redis://127.0.0.1/3", celery_broker_url=given)
    assert broker_url(settings) == used
