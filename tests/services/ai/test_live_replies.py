"""Replies that are made in another process than the one that somebody is connected to."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from tests.services.ai.conftest import QUICK
from tests.services.ai.test_streaming import (
    QUESTION,
    WORDS,
    ask,
    asked,
    heard_all,
    joined,
    of_kind,
    refusal,
    until,
)
from tests.support.databases import PostgresDatabases
from tests.support.groups import add_member, open_ward
from tests.support.redis import RedisServer
from tests.support.scripted_ai import ScriptedAI
from tests.support.servers import RunningServer, run_service
from tests.support.sockets import open_socket
from tests.support.waiting import eventually
from tests.support.workers import worker_process

Instances = tuple[RunningServer, RunningServer]


@pytest.fixture(params=["an instance", "a worker"])
def instances(
    request: pytest.FixtureRequest,
    postgres: PostgresDatabases,
    redis: RedisServer,
    ai_url: str,
    tmp_path: Path,
) -> Iterator[Instances]:
    """Two of them. A question is put to the first, which makes the reply, or has a worker make
    it."""
    name = f"im-{uuid4().hex[:8]}"
    settings = QUICK | {
        "ai_read_timeout": 10.0, "ai_first_byte_timeout": 10.0, "ai_service_timeout": 30.0,
        "ai_handoff_seconds": 300, "ai_dispatch": "local", "ai_service_url": ai_url,
        "database_url": postgres.new(), "redis_url": redis.url(), "redis_prefix": name,
        "celery_queue": name,
    }  # fmt: skip
    with ExitStack() as stack:
        if request.param == "a worker":
            settings |= {"ai_dispatch": "celery"}
            env = {key.upper(): str(value) for key, value in settings.items()}
            stack.enter_context(worker_process(tmp_path / "worker.log", **env))
        first = stack.enter_context(run_service(**settings))
        yield first, stack.enter_context(run_service(**settings))


async def test_shown_on_another_instance(instances: Instances, scripted_ai: ScriptedAI) -> None:
    """To who comes there, and to who asks: deltas go on exactly from the snapshot."""
    scripted_ai.words_let_go = 10
    here, there = instances
    ward = await open_ward(here)
    async with open_socket(here.ws_url, ward.patient) as patient:
        await ask(patient, ward)
        stream_id = await heard_all(patient, " ".join(WORDS[:10]))
        async with open_socket(there.ws_url, ward.doctor) as doctor:
            snapshots = [await doctor.receive("ai_reply_snapshot")]
            await doctor.send(type="resync_ai", stream_id=stream_id)
            snapshots.append(await doctor.receive("ai_reply_snapshot"))
            scripted_ai.words_let_go = 1000
            heard = await until(doctor, "ai_reply")
    for snapshot in snapshots:
        assert (snapshot["stream_id"], snapshot["text"]) == (stream_id, " ".join(WORDS[:10]))
    deltas = of_kind(heard, "ai_reply_delta")
    text = joined(deltas, snapshots[-1]["text"], snapshots[-1]["n"])
    assert text == heard[-1]["content"] == " ".join(WORDS)


async def test_a_snapshot_comes_behind_what_it_tells(
    instances: Instances, scripted_ai: ScriptedAI
) -> None:
    """However many are asked for while deltas come: none comes again behind a snapshot."""
    scripted_ai.pause_s, scripted_ai.words_let_go = 0.0001, 50
    here, there = instances
    ward = await open_ward(here)
    async with (
        open_socket(here.ws_url, ward.patient, query="?deltas=0") as patient,
        open_socket(there.ws_url, ward.doctor) as doctor,
    ):
        await ask(patient, ward, "stream:" + "a " * 400)
        start = await doctor.receive("ai_reply_start")
        text, n, wanted, answered = "", 0, 0, 0
        while (frame := await doctor.receive())["type"] != "ai_reply":
            if frame["type"] == "ai_reply_delta":
                text, n = joined([frame], text, n), n + 1
            elif frame["type"] == "ai_reply_snapshot":
                text, n, answered = frame["text"], frame["n"], answered + 1
                scripted_ai.words_let_go = 1000
            while wanted < answered + 4 and frame["type"] != "error":
                await doctor.send(type="resync_ai", stream_id=start["stream_id"])
                wanted += 1
    assert text == frame["content"]
    assert answered


async def test_stopped_from_another_instance(instances: Instances, scripted_ai: ScriptedAI) -> None:
    """By who may; others are refused as they are where the reply is made."""
    scripted_ai.words_let_go = 7
    here, there = instances
    ward = await open_ward(here)
    async with here.http() as http:
        await http.get("/api/user/other", headers={"X-User-Id": "other"})
        await add_member(http, ward.group_id, "other", "PATIENT")
    async with (
        open_socket(here.ws_url, ward.patient) as patient,
        open_socket(there.ws_url, ward.doctor) as doctor,
        open_socket(there.ws_url, "other") as other,
        open_socket(there.ws_url, "stranger") as stranger,
    ):
        await ask(patient, ward)
        stream_id = await heard_all(patient, " ".join(WORDS[:7]))
        assert await refusal(other, "stop_ai", stream_id) == 5002
        assert await refusal(stranger, "stop_ai", stream_id) == 3002
        await doctor.send(type="stop_ai", stream_id=stream_id)
        reply = await patient.receive("ai_reply")
        assert await refusal(doctor, "stop_ai", stream_id) == 3002
    assert (reply["content"], reply["finish_reason"]) == (" ".join(WORDS[:7]), "stopped")


async def test_a_doctor_elsewhere_comes_first(
    instances: Instances, scripted_ai: ScriptedAI
) -> None:
    """The AI stops in the middle of its sentence, though nobody lets it say more."""
    scripted_ai.words_let_go = 7
    here, there = instances
    ward = await open_ward(here)
    async with (
        open_socket(here.ws_url, ward.patient) as patient,
        open_socket(there.ws_url, ward.doctor) as doctor,
    ):
        await ask(patient, ward, QUESTION)
        await heard_all(patient, " ".join(WORDS[:7]))
        await doctor.send(type="send_message", group_id=ward.group_id, content="I am here")
        while (frame := await patient.receive())["type"] != "ai_reply_failed":
            continue
    assert frame["number"] == 4004


async def test_switched_off_elsewhere(instances: Instances, scripted_ai: ScriptedAI) -> None:
    """The reply under way ends at once."""
    scripted_ai.words_let_go = 0
    here, there = instances
    ward = await open_ward(here)
    async with open_socket(here.ws_url, ward.patient) as patient, there.http() as doctor:
        await ask(patient, ward)
        await eventually(lambda: asked(scripted_ai), bool)
        answer = await doctor.put(f"/api/group/{ward.group_id}/ai", json={"ai_mode": "off"})
        answer.raise_for_status()
        while (frame := await patient.receive())["type"] != "ai_reply_failed":
            continue
    assert frame["number"] == 4004
