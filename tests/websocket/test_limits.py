"""Too much of anything, from one client, over real sockets."""

import asyncio
import json
import math
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from tests.support.databases import SqliteFiles
from tests.support.servers import run_service
from tests.support.sockets import RawSocket, open_socket
from tests.websocket.clinic import Clinic, silent


async def answers(socket: RawSocket, count: int) -> dict[str, int]:
    """How many frames of each type came, of so many; errors by their number."""
    found: dict[str, int] = {}
    for _ in range(count):
        frame = await socket.receive()
        kind = str(frame.get("number", frame["type"]))
        found[kind] = found.get(kind, 0) + 1
    return found


async def test_ten_thousand_frames_in_a_second(sqlite_files: SqliteFiles) -> None:
    """Those beyond the rate are refused one by one, each with its own id; who goes on and on is
    closed with 4013, and nobody else notices."""
    with run_service(database_url=sqlite_files.new()) as server:
        clinic = Clinic(server, "x")
        ward = await clinic.group("dora", "pat")
        async with clinic.socket("pat") as pat, clinic.socket("eve") as eve:
            frame = {"type": "send_message", "group_id": ward, "content": "flood"}
            for number in range(10_000):
                pat.connection.transport.write(
                    client_frame(json.dumps({**frame, "client_msg_id": str(number)}))
                )
            acknowledged, refused = set(), set()
            for answer in await until_closed(pat):
                if answer["type"] == "message_sent":
                    acknowledged.add(answer["client_msg_id"])
                else:
                    assert (answer["number"], answer["retryable"]) == (5003, True)
                    refused.add(answer["client_msg_id"])
            assert pat.connection.close_code == 4013
            assert await silent(eve)
        assert acknowledged.isdisjoint(refused)
        assert len(refused) >= 1000
        stored = {message.client_msg_id for message in await clinic.stored(ward)}
        assert acknowledged <= stored
        assert stored.isdisjoint(refused)


async def until_closed(socket: RawSocket) -> list[dict[str, Any]]:
    heard = []
    with suppress(ConnectionClosed):
        while True:
            heard.append(await socket.receive())
    return heard


def client_frame(text: str) -> bytes:
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=True)


async def test_rate_of_a_connection(sqlite_files: SqliteFiles) -> None:
    """A burst is taken, what is beyond it refused, and after a while frames are taken again."""
    with run_service(database_url=sqlite_files.new(), ws_messages_per_second=20) as server:
        async with Clinic(server, "x").socket("pat") as pat:
            for _ in range(45):
                await pat.send(type="ping")
            found = await answers(pat, 45)
            assert found["pong"] >= 40
            await asyncio.sleep(0.6)
            await pat.send(type="ping")
            assert await pat.receive() == {"type": "pong"}


async def test_rate_of_a_user(sqlite_files: SqliteFiles) -> None:
    """All connections of a user together, and HTTP, which says when to try again."""
    with run_service(database_url=sqlite_files.new(), user_messages_per_second=2) as server:
        clinic = Clinic(server, "x")
        ward = await clinic.group("dora", "pat")
        async with clinic.socket("dora") as desk, clinic.socket("dora") as phone:
            for socket in (desk, phone):
                for _ in range(2):
                    await socket.send(type="send_message", group_id=ward, content="!")
                    await socket.receive("message_sent")
            await desk.send(type="send_message", group_id=ward, content="!", client_msg_id="5th")
            while (frame := await desk.receive())["type"] != "error":
                pass
            assert (frame["number"], frame["client_msg_id"]) == (5003, "5th")
        async with server.http(clinic.id("dora")) as dora, server.http(clinic.id("pat")) as pat:
            body = {"group_id": ward, "content": "!"}
            refused = await dora.post("/api/message/send", json=body)
            assert refused.status_code == 429
            error = refused.json()["error"]
            wait_s = error["details"]["retry_after_s"]
            assert (error["number"], error["retryable"]) == (5003, True)
            assert int(refused.headers["retry-after"]) == max(1, math.ceil(wait_s))
            assert (await pat.post("/api/message/send", json=body)).status_code == 200


@pytest.mark.parametrize("most", [1, 3])
async def test_connections_of_a_user(sqlite_files: SqliteFiles, most: int) -> None:
    """One more than allowed is told so and closed with 4013; when another goes there is room."""
    with run_service(database_url=sqlite_files.new(), ws_connections_per_user=most) as server:
        clinic = Clinic(server, "x")
        sockets = [clinic.socket("pat") for _ in range(most)]
        for socket in sockets:
            await socket.__aenter__()
        async with open_socket(server.ws_url, clinic.id("pat"), greeted=False) as extra:
            error = json.loads(await extra.connection.recv())
            assert error["number"] == 5003
            assert str(most) in error["message"]
            assert await extra.closed() == 4013
        async with clinic.socket("eve") as eve:
            assert await silent(eve)
        await sockets.pop().__aexit__(None, None, None)
        async with clinic.socket("pat") as back:
            assert back.connected["type"] == "connected"
        for socket in sockets:
            await socket.__aexit__(None, None, None)
