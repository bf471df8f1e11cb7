"""The socket itself: a peer that falls silent, frames of any size, what is asked for."""

import asyncio

import pytest
from websockets.asyncio.server import ServerConnection

from im_client import AiReplyDelta, Reconnecting
from tests.im_client.scripted import ScriptedServer, client_of, collect, frame, seqs


async def test_a_server_that_falls_silent_is_left(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half-open: the connection stands, and nobody is at the other end."""
    monkeypatch.setattr("im_client.connection._CLOSE_S", 0.05)

    async def deaf(socket: ServerConnection) -> None:
        await socket.send(scripted.connected(0))
        socket.transport.pause_reading()
        await back.wait()
        socket.transport.abort()

    async def awake(socket: ServerConnection) -> None:
        back.set()
        await socket.send(scripted.connected(0))
        await socket.send(scripted.live(1))
        await socket.wait_closed()

    back = asyncio.Event()
    scripted.scripts = [deaf, awake]
    async with client_of(scripted, ping_interval=0.05, ping_timeout=0.05) as client:
        await client.connect()
        events = await collect(client, 1)

    assert sum(isinstance(event, Reconnecting) for event in events) == 1


async def test_a_server_that_only_listens_is_not_left(scripted: ScriptedServer) -> None:
    """It answers pings, if it has nothing else to say."""

    async def quiet(socket: ServerConnection) -> None:
        await socket.send(scripted.connected(0))
        await asyncio.sleep(0.3)
        await socket.send(scripted.live(1))
        await socket.wait_closed()

    scripted.scripts = [quiet]
    async with client_of(scripted, ping_interval=0.02, ping_timeout=5) as client:
        await client.connect()
        await collect(client, 1)

    assert scripted.opened == 1


async def test_a_client_that_is_told_much_closes_cleanly(scripted: ScriptedServer) -> None:
    """Nobody reads its frames any more; its close is answered all the same, by code 1000."""
    codes: list[int | None] = []
    ended = asyncio.Event()

    async def talkative(socket: ServerConnection) -> None:
        await socket.send(scripted.connected(0))
        await socket.recv()
        for seq in range(1, 200):
            await socket.send(scripted.live(seq))
        told.set()
        await socket.wait_closed()
        codes.append(socket.close_code)
        ended.set()

    told = asyncio.Event()
    scripted.scripts = [talkative]
    client = client_of(scripted)
    await client.connect()
    await client.ping()
    await told.wait()
    async with asyncio.timeout(1.5):  # below the time after which an answer is no longer waited for
        await client.close()
    await ended.wait()

    assert codes == [1000]


async def test_a_result_of_many_megabytes_is_taken(scripted: ScriptedServer) -> None:
    scripted.scripts = [
        scripted.says(scripted.connected(0), frame("x", text="x" * (9 << 20)), scripted.live(1))
    ]

    async with client_of(scripted) as client:
        await client.connect()
        assert seqs(await collect(client, 1)) == [1]


@pytest.mark.parametrize(("deltas", "path"), [(False, "/ws/u?deltas=0"), (True, "/ws/u")])
async def test_deltas_come_when_they_are_asked_for(
    scripted: ScriptedServer, deltas: bool, path: str
) -> None:
    delta = frame("ai_reply_delta", stream_id="s", group_id="g", n=0, offset=0, text="Hel")
    scripted.scripts = [scripted.says(scripted.connected(0), delta, scripted.live(1))]

    async with client_of(scripted, deltas=deltas) as client:
        await client.connect()
        events = await collect(client, 1)

    assert scripted.requests[0].path == path
    assert events[1] == AiReplyDelta(
        stream_id="s", group_id="g", n=0, offset=0, text="Hel", text_so_far="Hel"
    )
