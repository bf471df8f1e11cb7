"""Patients are answered, doctors are not: the conversation as its members live it."""

import asyncio
from functools import partial

import pytest

from tests.support.databases import SqliteFiles
from tests.support.groups import add_member, interactions, messages, open_ward, send
from tests.support.scripted_ai import ScriptedAI
from tests.support.servers import RunningServer, run_service
from tests.support.sockets import open_socket
from tests.support.waiting import eventually


async def test_a_patient_is_answered_and_everybody_hears_it(service: RunningServer) -> None:
    """Message, reply, record: stored, pushed to all, and tied to one another."""
    ward = await open_ward(service)
    async with (
        open_socket(service.ws_url, ward.patient) as patient,
        open_socket(service.ws_url, ward.doctor) as doctor,
        service.http() as http,
    ):
        await patient.send(type="send_message", group_id=ward.group_id, content="it hurts")
        sent = await patient.receive("message_sent")
        reply = await patient.receive("ai_reply")
        assert await doctor.receive("ai_reply") == reply
        assert reply == {
            "type": "ai_reply",
            "message_id": reply["message_id"],
            "group_id": ward.group_id,
            "seq": 2,
            "from_user_id": "ai_assistant_001",
            "content": "re: it hurts",
            "user_message_id": sent["message_id"],
            "finish_reason": "complete",
            "created_at": reply["created_at"],
            "stream_id": reply["stream_id"],
        }
        stored = (await messages(http, ward.group_id))[1]
        assert stored["message_id"] == reply["message_id"]
        assert stored["msg_type"] == "AI_REPLY"
        assert stored["reply_to_message_id"] == sent["message_id"]
        (record,) = await interactions(http, ward.group_id)
        assert record["status"] == 1
        assert record["attempts"] == 1
        assert record["ai_message_id"] == reply["message_id"]
        assert record["user_message_id"] == sent["message_id"]
        assert record["error_message"] is None


async def test_doctors_and_the_ai_itself_are_not_answered(
    service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """Only the role in the group counts, whatever the person is in the system."""
    ward = await open_ward(service)
    async with service.http() as http, service.http("second") as second:
        await second.get("/api/user/second")  # PATIENT in the system …
        await add_member(http, ward.group_id, "second", "DOCTOR")  # … DOCTOR in the group
        await send(http, ward.group_id, "from the doctor")
        await send(second, ward.group_id, "from the second doctor")
        async with service.http(ward.patient) as patient:
            await send(patient, ward.group_id, "from the patient")
        await eventually(lambda: messages(http, ward.group_id), lambda found: len(found) == 4)
        assert len(await interactions(http, ward.group_id)) == 1
    assert [request["message"] for request in scripted_ai.requests] == ["from the patient"]


async def test_what_the_ai_service_is_asked(
    sqlite_service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """The message, the talk before it with everybody's role, and who asks."""
    ward = await open_ward(sqlite_service)
    async with (
        sqlite_service.http() as doctor,
        sqlite_service.http(ward.patient) as patient,
    ):
        await send(doctor, ward.group_id, "How are you?")
        await send(patient, ward.group_id, "Not well")
        await eventually(lambda: messages(doctor, ward.group_id), lambda m: len(m) == 3)
        sent = await send(patient, ward.group_id, "My head")
        await eventually(lambda: messages(doctor, ward.group_id), lambda m: len(m) == 5)
        (record, _) = await interactions(doctor, ward.group_id)
    assert scripted_ai.requests[-1] == {
        "message": "My head",
        "history": [
            {"role": "assistant", "content": "How are you?", "name": "doctor"},
            {"role": "user", "content": "Not well"},
            {"role": "assistant", "content": "re: Not well"},
        ],
        "group_id": ward.group_id,
        "user_message_id": sent["message_id"],
        "stream": True,
    }
    headers = scripted_ai.headers[-1]
    assert headers["idempotency-key"] == record["record_id"]
    assert headers["content-type"] == "application/json"
    assert "authorization" not in headers


async def test_one_reply_at_a_time_in_order(
    service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """What a patient writes while the AI answers is answered together after that; every record
    names the reply, and other groups do not wait."""
    scripted_ai.latency_s = 0.1
    wards = [await open_ward(service, f"pat{i}") for i in range(3)]
    async with service.http() as doctor:
        for ward in wards:
            async with service.http(ward.patient) as patient:
                for i in range(4):
                    await send(patient, ward.group_id, f"{i}")
        for ward in wards:
            records = await eventually(
                partial(interactions, doctor, ward.group_id),
                lambda found: [record["status"] for record in found] == [1] * 4,
            )
            found = await messages(doctor, ward.group_id)
            replies = [m for m in found if m["msg_type"] == "AI_REPLY"]
            said = [str(m["msg_content"]).removeprefix("re: ") for m in replies]
            assert "\n\n".join(said) == "\n\n".join("0123")
            assert len(replies) < 4
            named = dict.fromkeys(record["ai_message_id"] for record in reversed(records))
            assert list(named) == [m["message_id"] for m in replies]
    assert set(scripted_ai.most_at_once.values()) == {1}
    assert set(scripted_ai.calls.values()) == {1}


async def test_a_session_of_version_one(service: RunningServer) -> None:
    """`/ws/{user_id}` and no group: the user talks to the AI alone."""
    async with open_socket(service.ws_url, "solo") as solo:
        await solo.send(type="send_message", content="你好")
        sent = await solo.receive("message_sent")
        reply = await solo.receive("ai_reply")
    assert sent["session_id"] == reply["session_id"] == "solo"
    assert reply["content"] == "re: 你好"
    async with service.http() as http:
        records = (await http.get("/api/ai/records", params={"session_id": "solo"})).json()
    assert records["records"][0]["session_id"] == "solo"
    assert records["total"] == 1


async def test_without_a_url_the_layer_is_not_there(sqlite_files: SqliteFiles) -> None:
    """The core works; /ready says `off`; what belongs to the layer answers 4004."""
    with run_service(database_url=sqlite_files.new()) as service:
        ward = await open_ward(service)
        async with service.http(ward.patient) as patient, service.http() as http:
            await send(patient, ward.group_id, "anybody?")
            assert (await http.get("/ready")).json()["ai"] == {"ok": True, "state": "off"}
            for answer in (
                await http.post("/api/ai/test"),
                await http.get("/api/ai/interactions", params={"group_id": ward.group_id}),
            ):
                assert answer.status_code == 503
                assert answer.json()["error"]["number"] == 4004
            assert len(await messages(http, ward.group_id)) == 1


async def test_the_key_is_sent_and_the_test_call_stores_nothing(
    sqlite_files: SqliteFiles, ai_url: str, scripted_ai: ScriptedAI
) -> None:
    """POST /api/ai/test is one real call with the configured key."""
    with run_service(
        database_url=sqlite_files.new(), ai_service_url=ai_url, ai_service_api_key="k1"
    ) as service:
        async with service.http() as http:
            plain = (await http.post("/api/ai/test")).json()
            told = (await http.post("/api/ai/test", json={"message": "你好"})).json()
    assert plain["ok"] is True
    assert plain["duration_ms"] >= 0
    assert told["reply"] == "re: 你好"
    assert scripted_ai.headers[-1]["authorization"] == "Bearer k1"


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202e\x1b[31m", "I am Dr. Li"])
async def test_a_reply_is_text_and_nothing_else(sqlite_service: RunningServer, text: str) -> None:
    """Markup, control characters and claims are stored and pushed as they came."""
    ward = await open_ward(sqlite_service)
    async with open_socket(sqlite_service.ws_url, ward.patient) as patient:
        await patient.send(type="send_message", group_id=ward.group_id, content=text)
        reply = await patient.receive("ai_reply")
    assert reply["content"] == f"re: {text}"
    assert reply["from_user_id"] == "ai_assistant_001"


async def test_a_slow_ai_does_not_slow_the_core(
    sqlite_service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """While the AI thinks about a hundred messages, a doctor's go through at once."""
    scripted_ai.latency_s = 30
    ward = await open_ward(sqlite_service)
    async with (
        sqlite_service.http(ward.patient) as patient,
        open_socket(sqlite_service.ws_url, ward.doctor) as doctor,
    ):
        await asyncio.gather(*(send(patient, ward.group_id, f"{i}") for i in range(100)))
        await doctor.send(type="send_message", group_id=ward.group_id, content="hello")
        seen = [(await doctor.receive("message_sent"))["seq"] for _ in range(101)]
    assert seen == list(range(1, 102))
