"""Whatever the AI service does wrong: its number in the record, a frame for the group, and a core
that does not notice."""

from typing import Any

import pytest

from tests.services.ai.conftest import QUICK
from tests.support.databases import SqliteFiles
from tests.support.groups import add_member, interactions, messages, open_ward, send
from tests.support.scripted_ai import FAULTS, ScriptedAI
from tests.support.servers import RunningServer, run_service
from tests.support.sockets import open_socket

FAILED, TIMEOUT, BAD = 4001, 4002, 4003
NUMBERS = {
    "500": FAILED, "401": FAILED, "redirect": FAILED, "cut": FAILED,
    "html": BAD, "empty-object": BAD, "empty-reply": BAD, "blank-reply": BAD, "nul-reply": BAD,
    "number-reply": BAD, "list": BAD, "empty-body": BAD, "endless": BAD,
    "hang": TIMEOUT, "drip": TIMEOUT,
}  # fmt: skip
REPEATED = {"500", "cut", "hang"}
"""Worth another attempt; the others would end in the same way."""
ATTEMPTS = 2


@pytest.fixture
def ai_settings() -> dict[str, Any]:
    return QUICK


def test_every_fault_is_expected_here() -> None:
    """A new fault of the scripted AI needs its number here."""
    assert NUMBERS.keys() == FAULTS.keys()


@pytest.mark.parametrize("fault", NUMBERS)
async def test_a_fault_is_recorded_and_told(
    sqlite_service: RunningServer, scripted_ai: ScriptedAI, fault: str
) -> None:
    """The patient's message stays, everybody hears that no answer comes, the record says why."""
    ward = await open_ward(sqlite_service)
    async with (
        open_socket(sqlite_service.ws_url, ward.patient) as patient,
        open_socket(sqlite_service.ws_url, ward.doctor) as doctor,
        sqlite_service.http() as http,
    ):
        await patient.send(
            type="send_message", group_id=ward.group_id, content=f"fault:{fault}", client_msg_id="1"
        )
        sent = await patient.receive("message_sent")
        told = await patient.receive("ai_reply_failed")
        assert await doctor.receive("ai_reply_failed") == told
        (record,) = await interactions(http, ward.group_id)
        assert told == {
            "type": "ai_reply_failed",
            "group_id": ward.group_id,
            "user_message_id": sent["message_id"],
            "record_id": record["record_id"],
            "code": told["code"],
            "number": NUMBERS[fault],
            "message": record["error_message"],
        }
        assert (record["status"], record["error_number"]) == (2, NUMBERS[fault])
        assert record["attempts"] == (ATTEMPTS if fault in REPEATED else 1)
        assert scripted_ai.calls[str(record["record_id"])] == record["attempts"]
        assert record["ai_message_id"] is None
        assert [m["seq"] for m in await messages(http, ward.group_id)] == [1]

        await patient.send(type="send_message", group_id=ward.group_id, content="still there?")
        assert (await doctor.receive("ai_reply"))["content"] == "re: still there?"


async def test_a_service_that_is_not_there(sqlite_files: SqliteFiles) -> None:
    """Nothing listens at AI_SERVICE_URL: 4001, at once."""
    gone = "http://127.0.0.1:9/chat"
    with run_service(database_url=sqlite_files.new(), ai_service_url=gone, **QUICK) as service:
        ward = await open_ward(service)
        async with open_socket(service.ws_url, ward.patient) as patient:
            await patient.send(type="send_message", group_id=ward.group_id, content="hello")
            assert (await patient.receive("ai_reply_failed"))["number"] == FAILED
        async with service.http() as http:
            tested = (await http.post("/api/ai/test")).json()
        assert tested["ok"] is False
        assert tested["error"]["number"] == FAILED


async def test_a_fault_of_one_message_leaves_the_next_of_its_group_alone(
    sqlite_service: RunningServer,
) -> None:
    """The queue of a group goes on behind a failure. What one patient writes would be one burst."""
    ward = await open_ward(sqlite_service)
    async with (
        sqlite_service.http() as doctor,
        sqlite_service.http(ward.patient) as http,
        sqlite_service.http("paul") as paul,
        open_socket(sqlite_service.ws_url, ward.patient) as patient,
    ):
        await paul.get("/api/user/paul")
        await add_member(doctor, ward.group_id, "paul", "PATIENT")
        for who, text in ((http, "fault:hang"), (paul, "fault:500"), (http, "and now?")):
            await send(who, ward.group_id, text)
        assert (await patient.receive("ai_reply_failed"))["number"] == TIMEOUT
        assert (await patient.receive("ai_reply_failed"))["number"] == FAILED
        assert (await patient.receive("ai_reply"))["content"] == "re: and now?"
