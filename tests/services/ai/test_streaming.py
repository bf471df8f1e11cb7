"""A reply while it comes: told in pieces, shown to latecomers, stopped by those who may."""

import time
from typing import Any

import pytest

from app.services.ai.records import AIReplyFailed
from tests.services.ai.conftest import PATIENT
from tests.support.databases import SqliteFiles
from tests.support.groups import Ward, add_member, interactions, messages, open_ward, send
from tests.support.scripted_ai import ScriptedAI
from tests.support.servers import RunningServer, run_service
from tests.support.sockets import RawSocket, open_socket
from tests.support.waiting import eventually

WORDS = [f"word{number}" for number in range(40)]
QUESTION = "stream:" + " ".join(WORDS)


async def ask(socket: RawSocket, ward: Ward, content: str = QUESTION) -> None:
    await socket.send(type="send_message", group_id=ward.group_id, content=content)


async def until(socket: RawSocket, kind: str) -> list[dict[str, Any]]:
    """All frames up to the first of this type."""
    frames = [await socket.receive()]
    while frames[-1]["type"] != kind:
        assert frames[-1]["type"] != "ai_reply_failed", frames
        frames.append(await socket.receive())
    return frames


def of_kind(frames: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [frame for frame in frames if frame["type"] == kind]


def joined(deltas: list[dict[str, Any]], text: str = "", n: int = 0) -> str:
    """What a client has after these deltas; each must go on where the last one ended."""
    for delta in deltas:
        assert (delta["n"], delta["offset"]) == (n, len(text))
        text, n = text + delta["text"], n + 1
    return text


async def heard_all(socket: RawSocket, text: str) -> str:
    """Reads deltas until they are this text, and gives their stream_id."""
    deltas = [await socket.receive("ai_reply_delta")]
    while joined(deltas) != text:
        deltas.append(await socket.receive("ai_reply_delta"))
    return str(deltas[0]["stream_id"])


async def test_a_streamed_reply(service: RunningServer, scripted_ai: ScriptedAI) -> None:
    """Start, deltas that together are the stored reply, and the reply, for all who want them."""
    scripted_ai.pause_s = 0.005
    ward = await open_ward(service)
    async with (
        open_socket(service.ws_url, ward.patient) as patient,
        open_socket(service.ws_url, ward.doctor) as doctor,
        open_socket(service.ws_url, ward.doctor, query="?deltas=0") as quiet,
        service.http() as http,
    ):
        await ask(patient, ward)
        heard = await until(patient, "ai_reply")
        assert await until(doctor, "ai_reply") == heard
        assert [f["type"] for f in await until(quiet, "ai_reply")] == ["message_sent", "ai_reply"]
        (record,) = await interactions(http, ward.group_id)
    sent, start, *deltas, reply = heard
    assert {frame["stream_id"] for frame in heard[1:]} == {start["stream_id"]}
    assert start == {
        "type": "ai_reply_start",
        "stream_id": start["stream_id"],
        "group_id": ward.group_id,
        "user_message_id": sent["message_id"],
    }
    assert len(deltas) > 1
    assert {frame["type"] for frame in deltas} == {"ai_reply_delta"}
    assert joined(deltas) == reply["content"] == " ".join(WORDS)
    assert reply["finish_reason"] == "complete"
    assert record["ai_message_id"] == reply["message_id"]
    assert scripted_ai.requests[-1]["stream"] is True


async def test_the_first_piece_does_not_wait(sqlite_files: SqliteFiles, ai_url: str) -> None:
    """For the others of its batch: whoever waits sees at once that the AI has begun."""
    url = sqlite_files.new()
    slow = {**PATIENT, "ai_delta_seconds": 10.0, "ai_delta_tokens": 10_000}
    with run_service(database_url=url, ai_service_url=ai_url, **slow) as service:
        ward = await open_ward(service)
        async with open_socket(service.ws_url, ward.patient) as patient:
            await ask(patient, ward)
            deltas = of_kind(await until(patient, "ai_reply"), "ai_reply_delta")
    assert [delta["text"] for delta in deltas] == [WORDS[0], f" {' '.join(WORDS[1:])}"]


async def test_latecomers_get_a_snapshot(
    sqlite_service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """On connecting, on `sync`, and on asking: then deltas go on exactly from there."""
    scripted_ai.words_let_go = 10
    ward = await open_ward(sqlite_service)
    url = sqlite_service.ws_url
    async with open_socket(url, ward.patient) as patient:
        await ask(patient, ward)
        stream_id = await heard_all(patient, " ".join(WORDS[:10]))
        async with open_socket(url, ward.doctor) as doctor:
            snapshots = [await doctor.receive()]
            heads = {ward.group_id: 1}
            await doctor.send(type="sync", epoch=doctor.connected["epoch"], groups=heads)
            frames = await until(doctor, "ai_reply_snapshot")
            assert frames[-2]["type"] == "sync_result"
            await doctor.send(type="resync_ai", stream_id=stream_id)
            snapshots += [frames[-1], await doctor.receive("ai_reply_snapshot")]
            scripted_ai.words_let_go = 1000
            heard = await until(doctor, "ai_reply")
    for snapshot in snapshots:
        assert snapshot["type"] == "ai_reply_snapshot"
        assert snapshot["stream_id"] == stream_id
        assert snapshot["text"] == " ".join(WORDS[:10])
    last = snapshots[-1]
    deltas = of_kind(heard, "ai_reply_delta")
    assert joined(deltas, last["text"], last["n"]) == heard[-1]["content"] == " ".join(WORDS)


async def test_a_disconnect_does_not_stop_a_reply(
    sqlite_service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """Whoever comes back finds it stored."""
    scripted_ai.words_let_go = 5
    ward = await open_ward(sqlite_service)
    async with open_socket(sqlite_service.ws_url, ward.patient) as patient:
        await ask(patient, ward)
        await patient.receive("ai_reply_delta")
    scripted_ai.words_let_go = 1000
    async with sqlite_service.http(ward.patient) as http:
        found = await eventually(lambda: messages(http, ward.group_id), lambda m: len(m) == 2)
    assert found[1]["msg_content"] == " ".join(WORDS)


@pytest.mark.parametrize("by", ["pat", "default_user"])
async def test_stopped(sqlite_service: RunningServer, scripted_ai: ScriptedAI, by: str) -> None:
    """By who asked, or a doctor: what was said so far is the reply."""
    scripted_ai.words_let_go = 7
    ward = await open_ward(sqlite_service)
    async with (
        open_socket(sqlite_service.ws_url, ward.patient) as patient,
        open_socket(sqlite_service.ws_url, by) as stopping,
        sqlite_service.http() as http,
    ):
        await ask(patient, ward)
        stream_id = await heard_all(patient, " ".join(WORDS[:7]))
        await heard_all(stopping, " ".join(WORDS[:7]))
        await stopping.send(type="stop_ai", stream_id=stream_id)
        reply = await patient.receive("ai_reply")
        (record,) = await interactions(http, ward.group_id)
    assert reply["content"] == " ".join(WORDS[:7])
    assert reply["finish_reason"] == "stopped"
    assert record["status"] == 1


async def test_who_may_not_stop_or_look(
    sqlite_service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """Another patient may not stop it; for strangers, and once it has ended, there is no stream."""
    scripted_ai.words_let_go = 3
    ward = await open_ward(sqlite_service)
    url = sqlite_service.ws_url
    async with sqlite_service.http() as http:
        await http.get("/api/user/other", headers={"X-User-Id": "other"})
        await add_member(http, ward.group_id, "other", "PATIENT")
    async with (
        open_socket(url, ward.patient) as patient,
        open_socket(url, "other") as other,
        open_socket(url, "stranger") as stranger,
    ):
        await ask(patient, ward)
        stream_id = (await patient.receive("ai_reply_delta"))["stream_id"]
        await other.receive("ai_reply_delta")
        assert await refusal(other, "stop_ai", stream_id) == 5002
        for kind in ("stop_ai", "resync_ai"):
            assert await refusal(stranger, kind, stream_id) == 3002
            assert await refusal(patient, kind, "stream_unknown") == 3002
        scripted_ai.words_let_go = 1000
        await patient.receive("ai_reply")
        for kind in ("stop_ai", "resync_ai"):
            assert await refusal(patient, kind, stream_id) == 3002


async def refusal(socket: RawSocket, kind: str, stream_id: str) -> int:
    await socket.send(type=kind, stream_id=stream_id)
    while (frame := await socket.receive())["type"] != "error":
        continue
    return int(frame["number"])


async def test_stopped_before_it_said_anything(
    sqlite_service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """There is nothing to store: a failure that says so."""
    scripted_ai.words_let_go = 0
    ward = await open_ward(sqlite_service)
    async with open_socket(sqlite_service.ws_url, ward.patient) as patient:
        await ask(patient, ward)
        start = await patient.receive("ai_reply_start")
        await eventually(lambda: asked(scripted_ai), bool)
        await patient.send(type="stop_ai", stream_id=start["stream_id"])
        while (frame := await patient.receive())["type"] != "ai_reply_failed":
            continue
    assert frame["number"] == 4004


async def asked(scripted_ai: ScriptedAI) -> bool:
    return bool(scripted_ai.requests)


async def test_a_cut_stream_is_begun_again(
    sqlite_service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """What was told is taken back; together the later deltas are the reply."""
    scripted_ai.pause_s = 0.06
    scripted_ai.cut_streams = 1
    ward = await open_ward(sqlite_service)
    async with (
        open_socket(sqlite_service.ws_url, ward.patient) as patient,
        sqlite_service.http() as http,
    ):
        await ask(patient, ward, "stream:one two three four")
        heard = await until(patient, "ai_reply")
        (record,) = await interactions(http, ward.group_id)
    kinds = [frame["type"] for frame in heard]
    reset = kinds.index("ai_reply_reset")
    assert joined(of_kind(heard[:reset], "ai_reply_delta"))
    assert joined(of_kind(heard[reset:], "ai_reply_delta")) == heard[-1]["content"]
    assert heard[-1]["content"] == "one two three four"
    assert record["attempts"] == 2
    assert kinds.count("ai_reply_start") == 1


async def test_nothing_is_told_behind_a_failure(
    sqlite_service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """What was heard and not told yet is not told any more, however late the event loop is."""
    scripted_ai.cut_streams = 2
    sqlite_service.container.events.subscribe(AIReplyFailed, hold_up)
    ward = await open_ward(sqlite_service)
    async with open_socket(sqlite_service.ws_url, ward.patient) as patient:
        await ask(patient, ward, "stream:one two three four")
        await until(patient, "ai_reply_failed")
        await patient.send(type="ping")
        behind = await until(patient, "pong")
    assert [frame["type"] for frame in behind] == ["pong"]


def hold_up(_event: AIReplyFailed) -> None:
    """Until the time for the next delta has come."""
    time.sleep(0.1)


async def test_a_plain_answer_has_no_deltas(sqlite_service: RunningServer) -> None:
    """It is there at once; only its beginning was told."""
    ward = await open_ward(sqlite_service)
    async with open_socket(sqlite_service.ws_url, ward.patient) as patient:
        await ask(patient, ward, "hello")
        kinds = [frame["type"] for frame in await until(patient, "ai_reply")]
    assert kinds == ["message_sent", "ai_reply_start", "ai_reply"]


async def test_messages_go_on_during_a_stream(
    sqlite_service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """What others say is not held up, and keeps its order."""
    scripted_ai.words_let_go = 3
    ward = await open_ward(sqlite_service)
    async with (
        open_socket(sqlite_service.ws_url, ward.patient) as patient,
        sqlite_service.http(ward.patient) as http,
    ):
        await ask(patient, ward)
        await patient.receive("ai_reply_delta")
        for number in range(3):
            await send(http, ward.group_id, f"and {number}")
        seqs = [(await patient.receive("message_sent"))["seq"] for _ in range(3)]
        scripted_ai.words_let_go = 1000
        assert (await patient.receive("ai_reply"))["seq"] == 5
    assert seqs == [2, 3, 4]


async def test_a_snapshot_is_told_behind_what_it_tells(
    sqlite_service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """A delta on its way when somebody asks comes first: none comes again behind the snapshot."""
    scripted_ai.pause_s = 0.0001
    ward = await open_ward(sqlite_service)
    async with open_socket(sqlite_service.ws_url, ward.patient) as patient:
        await ask(patient, ward, "stream:" + "a " * 2400)
        start = await patient.receive("ai_reply_start")
        text, n, asked, answered = "", 0, 0, 0
        while (frame := await patient.receive())["type"] != "ai_reply":
            if frame["type"] == "ai_reply_delta":
                text, n = joined([frame], text, n), n + 1
            elif frame["type"] == "ai_reply_snapshot":
                text, n, answered = frame["text"], frame["n"], answered + 1
            while asked < answered + 8:
                await patient.send(type="resync_ai", stream_id=start["stream_id"])
                asked += 1
    assert text == frame["content"]
    assert answered
