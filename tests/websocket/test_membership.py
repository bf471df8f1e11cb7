"""Groups that change while their members are connected, and readers of every kind."""

import asyncio
import json
import socket as network
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect

from app.bus.local import LocalBus
from app.services.core.websocket_service import WebSocketService
from app.websocket.publisher import Publisher
from tests.support.locking import locked
from tests.support.servers import run_service
from tests.support.sockets import RawSocket
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
    group = await clinic.group("dora", "pat")
    push = pushing(clinic)

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
    listeners: list[asyncio.Task[list[int]]] = []
    most = clinic.server.container.settings.websocket.ws_connections_per_user
    while not talking.done() and len(listeners) < most:
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
async def deaf(clinic: Clinic, name: str) -> AsyncIterator[RawSocket]:
    """A client that connects, and from then on takes nothing but what small buffers hold."""
    address = urlsplit(clinic.server.ws_url)
    with network.socket() as raw:
        raw.setsockopt(network.SOL_SOCKET, network.SO_RCVBUF, 4096)
        raw.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(raw, (address.hostname, address.port))
        url = f"{clinic.server.ws_url}/ws/{clinic.id(name)}"
        async with connect(url, sock=raw, proxy=None) as connection:
            connected = json.loads(await connection.recv())
            connection.transport.pause_reading()
            yield RawSocket(connection, connected)
            connection.transport.abort()


def pushing(clinic: Clinic) -> WebSocketService:
    """How layers above reach the sockets of this service."""
    bus = LocalBus()
    bus.subscribe(clinic.server.container.hub.receive)
    return WebSocketService(Publisher(bus))


async def pile_up(clinic: Clinic, name: str) -> None:
    """More and more for one user, until the connection takes nothing any more."""
    push = pushing(clinic)
    noise = {"type": "noise", "text": "x" * 50_000}
    taken = True
    while taken:
        taken = push.send_message_to_user(clinic.id(name), noise)
        await asyncio.sleep(0)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize("server_settings", [{"ws_max_unsent_bytes": 65536}])
@pytest.mark.parametrize("reads_on", [True, False])
async def test_reader_too_slow(private_clinic: Clinic, reads_on: bool) -> None:
    """Is given up, and told 4008 if it reads on: come back and catch up. The others' frames keep
    flowing all the while, whole and in order."""
    clinic = private_clinic
    hub = clinic.server.container.hub
    group = await clinic.group("dora", "rosa", "slow")
    async with clinic.socket("dora") as dora, clinic.socket("rosa") as rosa:
        async with deaf(clinic, "slow") as slow:
            asyncio.run_coroutine_threadsafe(pile_up(clinic, "slow"), clinic.server.loop)
            for seq in range(1, 51):
                await dora.send(type="send_message", group_id=group, content="x")
                for socket in (dora, rosa):
                    assert (await socket.receive())["seq"] == seq
            if reads_on:
                slow.connection.transport.resume_reading()
                assert await slow.closed() == 4008
            await until(lambda: hub.connection_count == 2)
        assert await silent(rosa)
    async with clinic.socket("slow") as back:
        assert back.connected["groups"][group]["last_seq"] == 50


async def test_message_sent_just_as_its_sender_is_let_in(database_url: str) -> None:
    """Is acknowledged once, by its own live frame, after the news of having joined; or refused
    before, where it came first after all."""
    with run_service(database_url=database_url) as server:
        clinic = Clinic(server, "x")
        group = await clinic.group("dora")
        async with clinic.socket("pat") as pat:
            with locked(database_url):
                joining = asyncio.create_task(clinic.add(group, "pat", by="dora"))
                await asyncio.sleep(0.2)
                await pat.send(type="send_message", group_id=group, content="?", client_msg_id="c")
                await asyncio.sleep(0.2)
            await joining
            heard = [await pat.receive() for _ in range(2)]
            assert [frame["type"] for frame in heard] in (
                ["member_added", "message_sent"],
                ["error", "member_added"],
            )
            assert {frame.get("client_msg_id") for frame in heard} == {"c", None}
            assert await silent(pat)


async def test_message_sent_just_before_its_sender_is_removed(clinic: Clinic) -> None:
    """Is told once before the news of having been removed, or refused once; never told after."""
    group = await clinic.group("dora")
    async with clinic.socket("pat") as pat:
        for number in range(25):
            await clinic.add(group, "pat", by="dora")
            await pat.receive("member_added")
            await pat.send(
                type="send_message", group_id=group, content="?", client_msg_id=str(number)
            )
            await asyncio.sleep(0.0004 * (number % 8))
            await clinic.remove(group, "pat", by="dora")
            heard = [(await pat.receive())["type"] for _ in range(2)]
            assert sorted(heard) in (
                ["member_removed", "message_sent"],
                ["error", "member_removed"],
            )
            assert heard != ["member_removed", "message_sent"]
            assert await silent(pat)
