"""kill -9 while AI work is pending: the next start answers everything, once (G9, G10, G14)."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.groups import Ward, interactions, messages, open_ward, send
from tests.support.processes import ServerProcess, server_process
from tests.support.scripted_ai import ScriptedAI
from tests.support.sockets import open_socket
from tests.support.waiting import eventually

WARDS, MESSAGES = 4, 3


@pytest.fixture
def environment(database_url: str, ai_url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "AI_SERVICE_URL": ai_url,
        "AI_LEASE_SECONDS": "1",
        "AI_MAX_ATTEMPTS": "20",
        "LOG_FORMAT": "json",
    }


async def test_killed_while_the_ai_thinks(
    tmp_path: Path, environment: dict[str, str], scripted_ai: ScriptedAI
) -> None:
    """Every call is cut in the middle; after the restart each message has its one reply, which it
    may share with others of its burst, pushed to who is connected by then."""
    scripted_ai.latency_s = 60
    with server_process(tmp_path / "im.log", **environment) as server:
        wards = await ask_everywhere(server)
        await eventually(calls_of(scripted_ai), lambda calls: len(calls) == WARDS)
        server.kill()
        scripted_ai.latency_s = 0.5
        server.start()
        async with open_socket(server.ws_url, wards[0].patient) as patient:
            assert (await patient.receive("ai_reply"))["content"].startswith("re: ")
        scripted_ai.latency_s = 0
        await check_answered(server, wards)
    assert max(scripted_ai.calls.values()) == 2  # the one that was cut, and the one that counts


async def test_killed_at_random_times(
    tmp_path: Path,
    environment: dict[str, str],
    scripted_ai: ScriptedAI,
    record_property: Callable[[str, object], None],
) -> None:
    """Whatever the instant: between claim and call, answer and commit, commit and push."""
    seed = random.randrange(1 << 32)
    record_property("seed", seed)
    scripted_ai.latency_s = 0.1
    dice = random.Random(seed)
    with server_process(tmp_path / "im.log", **environment) as server:
        wards = await ask_everywhere(server)
        for _ in range(3):
            await asyncio.sleep(dice.uniform(0, 0.4))
            server.kill()
            server.start()
        await check_answered(server, wards)


async def test_stopped_in_order_leaves_work_for_the_next_start(
    tmp_path: Path, environment: dict[str, str], scripted_ai: ScriptedAI
) -> None:
    """SIGTERM gives leases back, so that the next start need not wait for their end."""
    scripted_ai.latency_s = 60
    lease = environment | {"AI_LEASE_SECONDS": "300"}
    with server_process(tmp_path / "im.log", **lease) as server:
        wards = await ask_everywhere(server)
        await eventually(calls_of(scripted_ai), lambda calls: len(calls) == WARDS)
        assert server.stop() == 0
        scripted_ai.latency_s = 0
        server.start()
        await check_answered(server, wards)


async def test_a_message_that_kills_is_given_up(
    tmp_path: Path, environment: dict[str, str], scripted_ai: ScriptedAI
) -> None:
    """After AI_MAX_ATTEMPTS deaths the record fails with 4001, and the next message is answered."""
    scripted_ai.latency_s = 60
    with server_process(tmp_path / "im.log", **environment | {"AI_MAX_ATTEMPTS": "2"}) as server:
        ward = await open_ward(server, "pat")
        async with server.http("pat") as patient:
            await send(patient, ward.group_id, "deadly")
            await send(patient, ward.group_id, "harmless")
        for attempt in (1, 2):
            await eventually(calls_of(scripted_ai), partial(called, attempt))
            server.kill()
            scripted_ai.latency_s = 60 if attempt == 1 else 0
            server.start()
        async with server.http() as http:
            found = await eventually(
                lambda: interactions(http, ward.group_id),
                lambda records: all(record["status"] != 0 for record in records),
            )
    assert [(r["status"], r["error_number"], r["attempts"]) for r in found] == [
        (1, None, 1),
        (2, 4001, 3),
    ]
    assert max(scripted_ai.calls.values()) == 2


def called(times: int, calls: Counter[str]) -> bool:
    return sum(calls.values()) == times


def calls_of(scripted_ai: ScriptedAI) -> Any:
    async def look() -> Counter[str]:
        return scripted_ai.calls

    return look


async def ask_everywhere(server: ServerProcess) -> list[Ward]:
    wards = [await open_ward(server, f"pat{i}") for i in range(WARDS)]
    for ward in wards:
        async with server.http(ward.patient) as patient:
            for i in range(MESSAGES):
                await send(patient, ward.group_id, f"{i}")
    return wards


async def check_answered(server: ServerProcess, wards: list[Ward]) -> None:
    async with server.http() as http:
        for ward in wards:
            await eventually(
                partial(interactions, http, ward.group_id),
                lambda records: all(record["status"] == 1 for record in records),
                timeout_s=30,
            )
            stored = await messages(http, ward.group_id)
            records = list(reversed(await interactions(http, ward.group_id)))
            asked = [m["message_id"] for m in stored if m["msg_type"] == "TEXT"]
            replies = [m["message_id"] for m in stored if m["msg_type"] == "AI_REPLY"]
            assert [record["user_message_id"] for record in records] == asked
            assert len(asked) == MESSAGES
            assert list(dict.fromkeys(r["ai_message_id"] for r in records)) == replies
            assert [m["seq"] for m in stored] == list(range(1, len(stored) + 1))
