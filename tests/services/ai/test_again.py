"""Another attempt, another service, another try by hand; and what is kept for doctors."""

import asyncio
import json
from functools import partial
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Response

from app.config import load_settings
from app.services.ai.again import pause_before_next
from app.services.ai.calls.faults import Busy, Refused
from tests.services.ai.conftest import PATIENT
from tests.support.databases import SqliteFiles
from tests.support.groups import Ward, add_member, interactions, messages, open_ward, send
from tests.support.scripted_ai import ScriptedAI
from tests.support.servers import RunningServer, run_program, run_service
from tests.support.sockets import open_socket
from tests.support.waiting import eventually

GONE = "http://127.0.0.1:9/"


async def ended(http: httpx2.AsyncClient, ward: Ward) -> list[dict[str, Any]]:
    """The group's records, newest first, once none is in progress."""
    found: list[dict[str, Any]] = await eventually(
        partial(interactions, http, ward.group_id),
        lambda records: bool(records) and all(record["status"] for record in records),
    )
    return found


def test_the_pause_before_the_next_attempt() -> None:
    """Random up to a bound that doubles, and is capped; what the service asks for counts more; none
    after what is not worth it, or after the last."""
    settings = load_settings(
        ai_service_url=GONE, ai_max_attempts=9, ai_retry_seconds=1.0, ai_retry_cap_seconds=5.0
    ).ai
    for attempts, longest in ((1, 1.0), (2, 2.0), (3, 4.0), (4, 5.0), (8, 5.0)):
        pauses = [pause_before_next(Busy(), attempts, settings) or 0.0 for _ in range(200)]
        assert max(pauses) <= longest
        assert max(pauses) > 0.7 * longest
        assert min(pauses) < 0.3 * longest
    asked = Busy()
    asked.retry_after_s = 60.0
    assert pause_before_next(asked, 1, settings) == 60.0
    assert pause_before_next(asked, 9, settings) is None
    assert pause_before_next(Refused(), 1, settings) is None


async def test_asked_again_by_hand(sqlite_service: RunningServer, scripted_ai: ScriptedAI) -> None:
    """A failed one, by the asking patient or a doctor: it is answered as if it were new, though a
    doctor has written since."""
    ward = await open_ward(sqlite_service)
    async with sqlite_service.http(ward.patient) as patient, sqlite_service.http() as doctor:
        for caller in (patient, doctor):
            scripted_ai.cut_streams = 2
            await send(patient, ward.group_id, "stream:one two three four")
            record = (await ended(patient, ward))[0]
            assert (record["status"], record["attempts"]) == (2, 2)
            await send(doctor, ward.group_id, "one moment")
            answer = await caller.post(f"/api/ai/interactions/{record['record_id']}/retry")
            assert answer.status_code == 200, answer.text
            assert (answer.json()["status"], answer.json()["attempts"]) == (0, 0)
            again = (await ended(patient, ward))[0]
            assert (again["status"], again["attempts"], again["error_number"]) == (1, 1, None)
            said = (await messages(patient, ward.group_id))[-1]
            assert said["msg_content"] == "one two three four"
            assert said["message_id"] == again["ai_message_id"]


async def test_who_may_not_ask_again(sqlite_service: RunningServer) -> None:
    """Another patient; anybody, of what has not failed; for strangers there is nothing."""
    ward = await open_ward(sqlite_service)
    async with (
        sqlite_service.http(ward.patient) as patient,
        sqlite_service.http() as doctor,
        sqlite_service.http("paul") as paul,
        sqlite_service.http("stranger") as stranger,
    ):
        await paul.get("/api/user/paul")
        await add_member(doctor, ward.group_id, "paul", "PATIENT")
        await send(patient, ward.group_id, "fault:401")
        await send(paul, ward.group_id, "hello")
        answered, failed = await ended(doctor, ward)
        refused = [
            await http.post(f"/api/ai/interactions/{record_id}/retry")
            for http, record_id in (
                (paul, failed["record_id"]),
                (doctor, answered["record_id"]),
                (stranger, failed["record_id"]),
                (doctor, "record_unknown"),
            )
        ]
    found = [(answer.status_code, answer.json()["error"]["number"]) for answer in refused]
    assert found == [(403, 5002), (400, 1004), (404, 3002), (404, 3002)]


async def test_what_is_kept_for_doctors(sqlite_service: RunningServer) -> None:
    """The question and the answer as they went over the wire; a patient sees the rest."""
    ward = await open_ward(sqlite_service)
    async with sqlite_service.http(ward.patient) as patient, sqlite_service.http() as doctor:
        await send(patient, ward.group_id, "hello")
        (record,) = await ended(patient, ward)
        path = f"/api/ai/interactions/{record['record_id']}"
        seen, whole = (await patient.get(path)).json(), (await doctor.get(path)).json()
    assert seen == record
    assert json.loads(whole.pop("request_content"))["message"] == "hello"
    assert json.loads(whole.pop("response_content"))["reply"] == "re: hello"
    assert whole == record


@pytest.mark.parametrize("debounce", [0.0, 0.6])
async def test_a_burst_is_waited_for(
    sqlite_files: SqliteFiles, ai_url: str, scripted_ai: ScriptedAI, debounce: float
) -> None:
    """AI_DEBOUNCE_SECONDS after its first message it is answered as one; 0: at once."""
    settings = {**PATIENT, "ai_debounce_seconds": debounce}
    url = sqlite_files.new()
    with run_service(database_url=url, ai_service_url=ai_url, **settings) as service:
        ward = await open_ward(service)
        async with service.http(ward.patient) as patient:
            for text in ("one", "two"):
                await send(patient, ward.group_id, text)
                await asyncio.sleep(0.1)
            await ended(patient, ward)
    expected = ["one\n\ntwo"] if debounce else ["one", "two"]
    assert [request["message"] for request in scripted_ai.requests] == expected


async def test_the_fall_back_answers(
    sqlite_files: SqliteFiles, ai_url: str, scripted_ai: ScriptedAI
) -> None:
    """When the first service is left alone the second is asked; the record says which answered."""
    settings = {
        **PATIENT,
        "ai_breaker_failures": 1,
        "ai_breaker_window": 1,
        "ai_fallback_url": ai_url,
    }
    url = sqlite_files.new()
    with run_service(database_url=url, ai_service_url=GONE, **settings) as service:
        ward = await open_ward(service)
        async with service.http(ward.patient) as patient:
            await send(patient, ward.group_id, "hello")
            (record,) = await ended(patient, ward)
            ready = (await patient.get("/ready")).json()
    assert (record["status"], record["attempts"]) == (1, 2)
    assert record["ai_service_url"].startswith(ai_url.rstrip("/"))
    assert ready["ai"]["state"].endswith("default open, fallback closed")
    assert ready["status"] == "ready"
    assert len(scripted_ai.requests) == 1


async def test_what_the_fall_back_left_undone(
    sqlite_files: SqliteFiles, ai_url: str, scripted_ai: ScriptedAI
) -> None:
    """Its failures, and its replies that were stopped, are recorded as its own; a question that
    failed is kept for doctors too."""
    settings = {**PATIENT, "ai_breaker_failures": 1, "ai_breaker_window": 1}
    scripted_ai.words_let_go = 2
    with run_service(
        database_url=sqlite_files.new(), ai_service_url=GONE, ai_fallback_url=ai_url, **settings
    ) as service:
        ward = await open_ward(service)
        async with (
            service.http(ward.patient) as patient,
            service.http() as doctor,
            open_socket(service.ws_url, ward.patient) as socket,
        ):
            await send(patient, ward.group_id, "stream:one two three")
            delta = await socket.receive("ai_reply_delta")
            await socket.send(type="stop_ai", stream_id=delta["stream_id"])
            await ended(patient, ward)
            await send(patient, ward.group_id, "fault:401")
            failed, stopped = await ended(patient, ward)
            path = f"/api/ai/interactions/{failed['record_id']}"
            whole = (await doctor.get(path)).json()
    assert (stopped["status"], failed["status"]) == (1, 2)
    assert stopped["ai_service_url"] == failed["ai_service_url"] == ai_url
    assert json.loads(whole["request_content"])["message"] == "fault:401"


async def test_a_busy_service_is_passed_over(sqlite_files: SqliteFiles, ai_url: str) -> None:
    """It asked for a pause (429 with Retry-After): meanwhile the fall-back answers at once."""
    busy = FastAPI()
    busy.add_api_route("/", _busy, methods=["POST"])
    with (
        run_program(busy) as busy_url,
        run_service(
            database_url=sqlite_files.new(), ai_service_url=busy_url, ai_fallback_url=ai_url,
            **PATIENT,
        ) as service,
    ):  # fmt: skip
        ward = await open_ward(service)
        async with service.http(ward.patient) as patient:
            for text in ("one", "two"):
                await send(patient, ward.group_id, text)
                records = await ended(patient, ward)
    assert [(r["status"], r["attempts"]) for r in reversed(records)] == [(1, 2), (1, 1)]
    assert {record["ai_service_url"] for record in records} == {ai_url}


async def _busy() -> Response:
    return Response(status_code=429, headers={"Retry-After": "600"})


async def test_both_left_alone(sqlite_files: SqliteFiles) -> None:
    """Nobody is called: 4004 after the last attempt, and the core goes on."""
    settings = {**PATIENT, "ai_breaker_failures": 1, "ai_breaker_window": 1}
    url = sqlite_files.new()
    with run_service(
        database_url=url, ai_service_url=GONE, ai_breaker_open_seconds=0.2, **settings
    ) as service:
        ward = await open_ward(service)
        async with service.http(ward.patient) as patient:
            for text in ("one", "two"):
                await send(patient, ward.group_id, text)
                records = await ended(patient, ward)
    assert {record["error_number"] for record in records} <= {4001, 4004}
    assert [record["status"] for record in records] == [2, 2]
