"""Replies that are made by workers: each message has its one, whatever becomes of the broker."""

import asyncio
from functools import partial
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI, Request
from redis import Redis

from app.config import load_settings
from app.tasks.broker import ANSWER, make_celery
from tests.support.fault_proxy import FaultProxy
from tests.support.groups import interactions, messages, open_ward, send
from tests.support.processes import free_port
from tests.support.redis import RedisServer
from tests.support.scripted_ai import ScriptedAI
from tests.support.servers import RunningServer, run_program, run_service
from tests.support.sockets import open_socket
from tests.support.waiting import eventually
from tests.support.workers import WorkerProcess, worker_process

MANY = 200


def holds(number: int, found: list[dict[str, object]]) -> bool:
    return len(found) == number


async def test_answered_by_a_worker_and_pushed(
    environment: dict[str, str], tmp_path: Path, scripted_ai: ScriptedAI
) -> None:
    """In pieces, though they are made in another process; by the message that woke the worker."""
    environment |= {"AI_LEASE_SECONDS": "600"}  # no sweep finds it
    settings = {name.lower(): value for name, value in environment.items()}
    with (
        run_service(**settings) as service,
        worker_process(tmp_path / "worker.log", **environment) as worker,
    ):
        ward = await open_ward(service)
        async with open_socket(service.ws_url, ward.patient) as patient:
            worker.ready()
            await patient.send(type="send_message", group_id=ward.group_id, content="stream:a b c")
            frames = [await patient.receive()]
            while frames[-1]["type"] != "ai_reply":
                frames.append(await patient.receive())
        assert worker.stop() == 0
    assert [frame["type"] for frame in frames[:3]] == [
        "message_sent", "ai_reply_start", "ai_reply_delta",
    ]  # fmt: skip
    assert frames[-1]["content"] == "a b c"


async def test_the_broker_is_down_while_somebody_sends(
    environment: dict[str, str], worker: WorkerProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    """Acknowledged all the same, with one line in the log, and answered by a worker's sweep."""
    broker = f"redis://127.0.0.1:{free_port()}/0"
    settings = {name.lower(): value for name, value in environment.items()}
    with run_service(**settings, celery_broker_url=broker) as service:
        ward = await open_ward(service)
        async with service.http(ward.patient) as patient:
            await send(patient, ward.group_id, "one")
            await eventually(lambda: state_of(patient), lambda state: "unreachable" in state)
            worker.ready()
            await eventually(partial(messages, patient, ward.group_id), partial(holds, 2))
            await send(patient, ward.group_id, "two")
            await eventually(partial(messages, patient, ward.group_id), partial(holds, 4))
    assert capsys.readouterr().err.count("broker_unreachable") == 1


async def state_of(http: httpx2.AsyncClient) -> str:
    answer = await http.get("/ready")
    return str(answer.json()["ai"]["state"])


async def test_the_broker_forgets_everything(
    service: RunningServer, redis: RedisServer, tmp_path: Path, environment: dict[str, str]
) -> None:
    """FLUSHALL with messages in the queue, and a worker that comes only then."""
    ward = await open_ward(service)
    with redis.client() as broker:
        async with service.http(ward.patient) as patient:
            await send(patient, ward.group_id, "hello")
            queue = f"{environment['REDIS_PREFIX']}:celery:{environment['CELERY_QUEUE']}"
            await eventually(lambda: length(broker, queue), lambda found: found == 1)
            broker.flushall()
            with worker_process(tmp_path / "worker.log", **environment):
                await eventually(partial(messages, patient, ward.group_id), partial(holds, 2))


async def length(broker: Redis, queue: str) -> int:
    return int(str(broker.llen(queue)))


async def test_killed_while_the_ai_thinks(
    service: RunningServer,
    worker: WorkerProcess,
    scripted_ai: ScriptedAI,
    tmp_path: Path,
    environment: dict[str, str],
) -> None:
    """kill -9: the lease runs out, and another worker answers, once."""
    scripted_ai.latency_s = 60
    ward = await open_ward(service)
    async with service.http(ward.patient) as patient:
        await send(patient, ward.group_id, "hello")
        await eventually(lambda: calls_of(scripted_ai), lambda calls: calls == 1)
        worker.kill()
        scripted_ai.latency_s = 0
        with worker_process(tmp_path / "second.log", **environment):
            await eventually(partial(messages, patient, ward.group_id), partial(holds, 2))
        (record,) = await interactions(patient, ward.group_id)
    assert record["attempts"] == 2


async def calls_of(scripted_ai: ScriptedAI) -> int:
    return scripted_ai.calls.total()


async def test_a_stopped_worker_leaves_what_takes_long_to_others(
    service: RunningServer,
    worker: WorkerProcess,
    scripted_ai: ScriptedAI,
    tmp_path: Path,
    environment: dict[str, str],
) -> None:
    """SIGTERM ends it in time, in good order, and its lease is given back, not run out."""
    scripted_ai.latency_s = 60
    ward = await open_ward(service)
    async with service.http(ward.patient) as patient:
        await send(patient, ward.group_id, "hello")
        await eventually(lambda: calls_of(scripted_ai), lambda calls: calls == 1)
        assert worker.stop() == 0
        scripted_ai.latency_s = 0
        with worker_process(tmp_path / "second.log", **environment | {"AI_LEASE_SECONDS": "600"}):
            await eventually(partial(messages, patient, ward.group_id), partial(holds, 2))


async def test_twice_and_of_another_version(
    service: RunningServer, worker: WorkerProcess, scripted_ai: ScriptedAI,
    environment: dict[str, str],
) -> None:  # fmt: skip
    """A message that comes twice makes no second reply. One of an unknown task, or with other
    arguments, is thrown away with a line each, and the next is answered."""
    settings = load_settings(**{name.lower(): value for name, value in environment.items()})
    ward = await open_ward(service)
    worker.ready()
    celery = make_celery(settings)
    with celery.connection_for_write() as connection:
        celery.send_task("im.of_last_year", ["record_1"], connection=connection)
        celery.send_task(ANSWER, ["record_1"], connection=connection)
        async with service.http(ward.patient) as patient:
            await send(patient, ward.group_id, "hello")
            for _ in range(3):
                celery.send_task(ANSWER, ["record_1", ward.group_id], connection=connection)
            await eventually(partial(messages, patient, ward.group_id), partial(holds, 2))
            await send(patient, ward.group_id, "more")
            await eventually(partial(messages, patient, ward.group_id), partial(holds, 4))
    assert list(scripted_ai.calls.values()) == [1, 1]
    said = worker.log.read_text().splitlines()
    assert sum("unregistered task" in line for line in said) == 1
    assert sum("TypeError" in line for line in said) == 1


async def test_many_calls_at_once(environment: dict[str, str], tmp_path: Path) -> None:
    """An AI that answers nobody before two hundred have asked is answered for by one worker
    process."""
    environment |= {"AI_CONCURRENCY": str(MANY)}
    with run_program(Barrier(MANY).app) as url:
        environment |= {"AI_SERVICE_URL": url}
        settings = {name.lower(): value for name, value in environment.items()}
        with (
            run_service(**settings) as service,
            worker_process(tmp_path / "worker.log", **environment),
        ):
            async with service.http() as http:
                await asyncio.gather(*(speak(http, f"pat{number}") for number in range(MANY)))
                await eventually(lambda: answers(http), lambda found: found == MANY, 60)


class Barrier:
    def __init__(self, number: int) -> None:
        self._number = number
        self._open = asyncio.Event()
        self.app = FastAPI()
        self.app.post("/")(self.answer)

    async def answer(self, _request: Request) -> dict[str, str]:
        self._number -= 1
        if self._number <= 0:
            self._open.set()
        await self._open.wait()
        return {"reply": "all are here"}


async def speak(http: httpx2.AsyncClient, user_id: str) -> None:
    body = {"content": "hello", "session_id": user_id}
    (await http.post("/api/message/send", json=body)).raise_for_status()


async def answers(http: httpx2.AsyncClient) -> int:
    last = f"pat{MANY - 1}"
    counts = [
        (await http.get("/api/message/list", params={"session_id": user})).json()["total"]
        for user in ("pat0", last)
    ]
    return MANY if counts == [2, 2] else 0


async def test_a_worker_that_hears_nothing_ends(
    redis: RedisServer, environment: dict[str, str], tmp_path: Path
) -> None:
    """Its connections to the broker are half-open, while new ones would work: one line, and the
    exit code that a supervisor starts it again for."""
    async with FaultProxy(("127.0.0.1", redis.port)).running() as proxy:
        environment |= {
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{proxy.port}/0",
            "CELERY_CANARY_SECONDS": "0.5",
        }
        with worker_process(tmp_path / "worker.log", **environment) as worker:
            await asyncio.to_thread(worker.ready)
            for link in proxy.links:
                link.freeze()
            assert await asyncio.to_thread(worker.exit_code) == 75
    assert worker.log.read_text().count("worker_deaf") == 1
