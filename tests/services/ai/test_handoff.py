"""The doctor comes first: modes, silence, and a reply that is overtaken."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.services.ai.conftest import PATIENT
from tests.support.databases import SqliteFiles
from tests.support.groups import Ward, interactions, messages, open_ward, send
from tests.support.scripted_ai import ScriptedAI
from tests.support.servers import RunningServer, run_service
from tests.support.sockets import open_socket
from tests.support.waiting import eventually


@pytest.fixture
def service(database_url: str, ai_url: str) -> Iterator[RunningServer]:
    settings = {**PATIENT, "ai_handoff_seconds": 300}
    with run_service(database_url=database_url, ai_service_url=ai_url, **settings) as running:
        yield running


async def set_mode(service: RunningServer, ward: Ward, mode: str) -> None:
    async with service.http() as doctor:
        answer = await doctor.put(f"/api/group/{ward.group_id}/ai", json={"ai_mode": mode})
        assert answer.status_code == 200, answer.text
        assert answer.json()["ai_mode"] == mode


async def say(service: RunningServer, user: str, ward: Ward, content: str, **more: Any) -> Any:
    async with service.http(user) as http:
        body = {"group_id": ward.group_id, "content": content, **more}
        return (await http.post("/api/message/send", json=body)).raise_for_status().json()


async def answered(service: RunningServer, ward: Ward) -> list[str]:
    """Which messages the AI was asked to answer, oldest first, once it is through."""
    async with service.http() as http:
        records = await eventually(
            lambda: interactions(http, ward.group_id),
            lambda found: all(record["status"] for record in found),
        )
    return [str(record["user_message_id"]) for record in reversed(records)]


async def test_modes(service: RunningServer) -> None:
    """`mention` answers who calls @AI or replies to it, `off` nobody, `auto` everybody."""
    ward = await open_ward(service)
    first = await say(service, "pat", ward, "hello")
    async with service.http() as http:
        found = await eventually(lambda: messages(http, ward.group_id), lambda m: len(m) == 2)
    reply_id = found[1]["message_id"]
    await set_mode(service, ward, "mention")
    await say(service, "pat", ward, "is anybody there? me@ai.example")
    called = await say(service, "pat", ward, "@AI are you there?")
    replied = await say(service, "pat", ward, "really?", reply_to_message_id=reply_id)
    await set_mode(service, ward, "off")
    await say(service, "pat", ward, "@AI hello?")
    await set_mode(service, ward, "auto")
    last = await say(service, "pat", ward, "hello again")
    expected = [m["message_id"] for m in (first, called, replied, last)]
    assert await answered(service, ward) == expected


async def test_a_change_of_mode_is_told(service: RunningServer) -> None:
    """To all members; a mode that was there before is no change."""
    ward = await open_ward(service)
    async with open_socket(service.ws_url, ward.patient) as patient:
        for mode in ("mention", "mention", "off"):
            await set_mode(service, ward, mode)
        frames = [await patient.receive() for _ in range(2)]
        assert frames == [
            {
                "type": "ai_mode_changed", "group_id": ward.group_id, "ai_mode": mode,
                "by_user_id": ward.doctor,
            }
            for mode in ("mention", "off")
        ]  # fmt: skip
    async with open_socket(service.ws_url, ward.patient) as patient:
        assert patient.connected["groups"][ward.group_id]["ai_mode"] == "off"


@pytest.mark.parametrize(
    ("user", "body", "status", "number"),
    [
        ("pat", {"ai_mode": "off"}, 403, 5002),
        ("stranger", {"ai_mode": "off"}, 404, 3001),
        ("default_user", {"ai_mode": "sometimes"}, 400, 1004),
        ("default_user", {}, 400, 1004),
    ],
)
async def test_refused_modes(
    sqlite_service: RunningServer, user: str, body: dict[str, str], status: int, number: int
) -> None:
    """A patient may not change it; a stranger sees no group; other modes do not exist."""
    ward = await open_ward(sqlite_service)
    async with sqlite_service.http(user) as http:
        answer = await http.put(f"/api/group/{ward.group_id}/ai", json=body)
    assert (answer.status_code, answer.json()["error"]["number"]) == (status, number)


async def test_silent_after_a_doctor(service: RunningServer) -> None:
    """For AI_HANDOFF_SECONDS, but for who calls @AI; other groups are not concerned."""
    ward, other = await open_ward(service), await open_ward(service, "paul")
    await say(service, ward.doctor, ward, "I am here.")
    await say(service, "pat", ward, "thank you")
    called = await say(service, "pat", ward, "@AI what does he mean?")
    elsewhere = await say(service, "paul", other, "hello")
    assert await answered(service, ward) == [called["message_id"]]
    assert await answered(service, other) == [elsewhere["message_id"]]


@pytest.mark.parametrize(("seconds", "count"), [(0, 1), (0.3, 1), (300, 0)])
async def test_the_length_of_the_silence_is_a_setting(
    sqlite_files: SqliteFiles, ai_url: str, seconds: float, count: int
) -> None:
    """0: none at all."""
    url = sqlite_files.new()
    settings = {**PATIENT, "ai_handoff_seconds": seconds}
    with run_service(database_url=url, ai_service_url=ai_url, **settings) as service:
        ward = await open_ward(service)
        await say(service, ward.doctor, ward, "I am here.")
        await asyncio.sleep(0.4)
        await say(service, "pat", ward, "thank you")
        assert len(await answered(service, ward)) == count


async def test_a_doctor_cuts_in(service: RunningServer, scripted_ai: ScriptedAI) -> None:
    """A reply under way ends, is not stored, and everybody hears that it failed."""
    scripted_ai.words_let_go = 3
    ward = await open_ward(service)
    async with (
        open_socket(service.ws_url, ward.patient) as patient,
        service.http() as http,
    ):
        content = "stream:one two three four five"
        await patient.send(type="send_message", group_id=ward.group_id, content=content)
        await patient.receive("ai_reply_delta")
        await send(http, ward.group_id, "Let me.")
        frames = [await patient.receive()]
        while frames[-1]["type"] != "ai_reply_failed":
            frames.append(await patient.receive())
        scripted_ai.words_let_go = 1000
        (record,) = await interactions(http, ward.group_id)
        assert len(await messages(http, ward.group_id)) == 2
    assert (frames[-1]["code"], frames[-1]["number"]) == ("AI_UNAVAILABLE", 4004)
    assert (record["status"], record["error_number"]) == (2, 4004)


async def test_a_hundred_races(service: RunningServer, scripted_ai: ScriptedAI) -> None:
    """Whenever the doctor writes: no reply to what came before is stored after that."""
    scripted_ai.pause_s = 0.002
    wards = [await open_ward(service, f"pat{number}") for number in range(10)]

    async def race(ward: Ward, number: int) -> None:
        await say(service, ward.patient, ward, "@AI?" if number % 3 else "stream:a b c d")
        await asyncio.sleep(number % 10 * 0.004)
        await say(service, ward.doctor, ward, "Let me.")

    async def races(ward: Ward) -> None:
        for number in range(10):
            await race(ward, number)
        await answered(service, ward)

    await asyncio.gather(*map(races, wards))
    async with service.http() as http:
        for ward in wards:
            found = await messages(http, ward.group_id)
            seq_of = {message["message_id"]: int(str(message["seq"])) for message in found}
            doctors = [m["seq"] for m in found if m["from_user_id"] == ward.doctor]
            for message in found:
                if message["msg_type"] == "AI_REPLY":
                    asked = seq_of[message["reply_to_message_id"]]
                    assert not [
                        s for s in doctors if asked < int(str(s)) < int(str(message["seq"]))
                    ]
