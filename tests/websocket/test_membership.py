"""Groups that change while their members are connected, and readers of every kind."""

import asyncio
import json
import socket as network
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.sockets import open_socket
from tests.websocket.clinic import Clinic, silent, until


async def test_new_member_is_told(clinic: Clinic) -> None:
    """All members' and the newcomer's connections hear of it, and then each message."""
    group = await clinic.group("dora", "paul")
    async with (
        clinic.socket("dora") as dora,
        clinic.socket("paul") as paul,
        clinic.socket("pat") as phone,
        clinic.socket("pat") as desk,
    ):
        await clinic.send(group, "dora", "before")
        await clinic.add(group, "pat", by="dora")
        await clinic.send(group, "dora", "after")
        for socket in (dora, paul, phone, desk):
            frame = await socket.receive("member_added")
            assert frame == {
                "type": "member_added",
                "group_id": group,
                "user_id": clinic.id("pat"),
                "user_role": "PATIENT",
            }
            assert (await socket.receive())["content"] == "after"


async def test_new_member_can_send(clinic: Clinic) -> None:
    """From the moment of hearing of it."""
    group = await clinic.group("dora")
    async with clinic.socket("pat") as pat:
        await clinic.add(group, "pat", by="dora")
        await pat.receive("member_added")
        await pat.send(type="send_message", group_id=group, content="x")
        assert (await pat.receive("message_sent"))["seq"] == 1


async def test_creator_of_a_group_is_told(clinic: Clinic) -> None:
    """A group made elsewhere appears on all connections of who made it."""
    async with clinic.socket("dora") as dora:
        group = await clinic.group("dora", "pat")
        added = [await dora.receive("member_added") for _ in range(2)]
    assert [frame["user_id"] for frame in added] == [clinic.id("dora"), clinic.id("pat")]
    assert {frame["group_id"] for frame in added} == {group}


async def test_removed_member(clinic: Clinic) -> None:
    """Hears of it on every connection, and afterwards nothing of the group."""
    group = await clinic.group("dora", "pat")
    async with (
        clinic.socket("dora") as dora,
        clinic.socket("pat") as phone,
        clinic.socket("pat") as desk,
    ):
        await clinic.remove(group, "pat", by="dora")
        await clinic.send(group, "dora", "secret")
        for socket in (dora, phone, desk):
            assert await socket.receive() == {
                "type": "member_removed",
                "group_id": group,
                "user_id": clinic.id("pat"),
                "user_role": "PATIENT",
            }
        assert (await dora.receive())["content"] == "secret"
        assert await silent(phone)
        assert await silent(desk)


async def test_removed_member_cannot_send(clinic: Clinic) -> None:
    """Not even on a connection from before; the refusal is that of a stranger."""
    group = await clinic.group("dora", "pat")
    async with clinic.socket("pat") as pat:
        await clinic.remove(group, "pat", by="dora")
        await pat.receive("member_removed")
        await pat.send(type="send_message", group_id=group, content="x")
        assert (await pat.receive("error"))["number"] == 3001


async def test_left_and_added_again(clinic: Clinic) -> None:
    """Hears what is sent from then on, and nothing of the time between."""
    group = await clinic.group("dora", "pat")
    async with clinic.socket("pat") as pat:
        await clinic.remove(group, "pat", by="pat")
        await clinic.send(group, "dora", "between")
        await clinic.add(group, "pat", by="dora")
        await clinic.send(group, "dora", "after")
        kinds = [await pat.receive() for _ in range(3)]
    assert [frame["type"] for frame in kinds] == ["member_removed", "member_added", "message_sent"]
    assert kinds[2]["content"] == "after"


async def test_ephemeral_frames(clinic: Clinic) -> None:
    """Layers above reach a group but one, or one user, and learn whether anybody was there."""
    from app.bus.local import LocalBus
    from app.services.core.websocket_service import WebSocketService
    from app.websocket.publisher import Publisher

    group = await clinic.group("dora", "pat")
    bus = LocalBus()
    bus.subscribe(clinic.server.container.hub.receive)
    push = WebSocketService(Publisher(bus))

    async def both() -> tuple[int, bool, bool]:
        return (
            push.send_message_to_group(group, {"type": "typing"}, clinic.id("pat")),
            push.send_message_to_user(clinic.id("pat"), {"type": "hint"}),
            push.send_message_to_user(clinic.id("nobody"), {"type": "hint"}),
        )

    async with clinic.socket("dora") as dora, clinic.socket("pat") as pat:
        told = asyncio.run_coroutine_threadsafe(both(), clinic.server.loop)
        assert await asyncio.wrap_future(told) == (1, True, False)
        assert await dora.receive() == {"type": "typing"}
        assert await pat.receive() == {"type": "hint"}


async def test_connecting_while_messages_flow(clinic: Clinic) -> None:
    """Whoever connects hears exactly what comes after the `last_seq` that `connected` tells."""
    group = await clinic.group("dora", "pat")
    total = 200

    async def talk() -> None:
        for number in range(total):
            await clinic.send(group, "dora", str(number))

    async def listen() -> list[int]:
        async with clinic.socket("pat") as pat:
            first = pat.connected["groups"][group]["last_seq"]
            seqs = [first]
            while seqs[-1] < total:
                seqs.append((await pat.receive())["seq"])
        return seqs

    talking = asyncio.create_task(talk())
    listeners = []
    while not talking.done():
        listeners.append(asyncio.create_task(listen()))
        await asyncio.sleep(0.02)
    await talking
    for seqs in await asyncio.gather(*listeners):
        assert seqs == list(range(seqs[0], total + 1))


async def test_coming_and_going_while_messages_flow(clinic: Clinic) -> None:
    """A member who is removed and added again and again hears each time what lies between."""
    group = await clinic.group("dora", "pat")

    async def talk() -> None:
        for number in range(150):
            await clinic.send(group, "dora", str(number))

    async with clinic.socket("pat") as pat:
        talking = asyncio.create_task(talk())
        while not talking.done():
            await clinic.remove(group, "pat", by="dora")
            await clinic.add(group, "pat", by="dora")
        await talking
        last = await clinic.send(group, "dora", "last")
        inside, previous = True, 0
        while previous < last.seq:
            frame = await pat.receive()
            if frame["type"] == "message_sent":
                assert inside
                assert frame["seq"] == previous + 1 or previous == 0
                previous = frame["seq"]
            else:
                inside, previous = frame["type"] == "member_added", 0


@asynccontextmanager
async def deaf_reader(clinic: Clinic, name: str) -> AsyncIterator[network.socket]:
    """A client that completes the handshake and never reads again."""
    host, port = clinic.server.url.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()
    with network.socket() as raw:
        raw.setsockopt(network.SOL_SOCKET, network.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await loop.sock_connect(raw, (host, int(port)))
        request = (
            f"GET /ws/{clinic.id(name)} HTTP/1.1\r\nHost: {host}:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await loop.sock_sendall(raw, request.encode())
        assert (await loop.sock_recv(raw, 12)) == b"HTTP/1.1 101"
        yield raw


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize("server_settings", [{"ws_max_unsent_bytes": 65536}])
async def test_reader_that_never_reads(private_clinic: Clinic) -> None:
    """Is given up and forgotten; the others' frames keep flowing, whole and in order."""
    clinic = private_clinic
    hub = clinic.server.container.hub
    group = await clinic.group("dora", "rosa", "deaf")
    async with (
        clinic.socket("dora") as dora,
        clinic.socket("rosa") as rosa,
        deaf_reader(clinic, "deaf"),
    ):
        await until(lambda: hub.connection_count == 3)
        sent = 0
        while hub.connection_count == 3:
            assert sent < 5000
            frame = {"type": "send_message", "group_id": group, "content": "x" * 5000}
            await dora.connection.send(json.dumps(frame))
            sent += 1
            for socket in (dora, rosa):
                assert (await socket.receive("message_sent"))["seq"] == sent
        assert await silent(rosa)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize("server_settings", [{"ws_max_unsent_bytes": 65536}])
async def test_slow_reader_is_told(private_clinic: Clinic) -> None:
    """One that reads on after a pause finds 4008, which means: come back and catch up."""
    clinic = private_clinic
    hub = clinic.server.container.hub
    group = await clinic.group("dora", "slow")
    path = f"/ws/{clinic.id('slow')}"
    async with open_socket(clinic.server.ws_url, clinic.id("slow")) as slow:
        assert path
        slow.connection.transport.pause_reading()
        for _ in range(400):
            await clinic.send(group, "dora", "x" * 5000)
        slow.connection.transport.resume_reading()
        assert await slow.closed() == 4008
        await until(lambda: hub.connection_count == 0)
    async with clinic.socket("slow") as back:
        assert back.connected["groups"][group]["last_seq"] == 400
