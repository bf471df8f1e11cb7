"""Peers that neither read nor answer."""

import asyncio
import time
from contextlib import AsyncExitStack, ExitStack

import pytest

from app.websocket import protocol
from tests.support.databases import SqliteFiles
from tests.support.locking import locked
from tests.support.servers import run_service
from tests.websocket.clinic import Clinic, until
from tests.websocket.test_membership import deaf, pile_up, pushing

PROMPT = {"ws_heartbeat_seconds": 0.2, "ws_heartbeat_timeout": 0.2}


async def test_answered_heartbeats(sqlite_files: SqliteFiles) -> None:
    """A client that answers them stays."""
    with run_service(database_url=sqlite_files.new(), **PROMPT) as server:
        async with Clinic(server, "x").socket("pat") as pat:
            await asyncio.sleep(0.7)
            await pat.send(type="ping")
            assert await pat.receive() == {"type": "pong"}


async def test_heartbeat_lost(sqlite_files: SqliteFiles) -> None:
    """A client that does not is forgotten, and finds 4009 if it reads on: come back."""
    with run_service(database_url=sqlite_files.new(), **PROMPT) as server:
        async with deaf(Clinic(server, "x"), "slow") as slow:
            await until(lambda: server.container.hub.connection_count == 0)
            slow.connection.transport.resume_reading()
            assert await slow.closed() == 4009


@pytest.mark.parametrize(
    "settings", [{"ws_max_unsent_bytes": 65536}, PROMPT], ids=["too slow", "no heartbeat"]
)
async def test_stuck_transport(
    sqlite_files: SqliteFiles, monkeypatch: pytest.MonkeyPatch, settings: dict[str, float]
) -> None:
    """One that never takes what was sent to it is dropped all the same, so that it holds neither
    memory, nor a file descriptor, nor the server's end up."""
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.1)
    with ExitStack() as running:
        url = sqlite_files.new()
        clinic = Clinic(running.enter_context(run_service(database_url=url, **settings)), "x")
        hub = clinic.server.container.hub
        async with deaf(clinic, "slow"):
            asyncio.run_coroutine_threadsafe(pile_up(clinic, "slow"), clinic.server.loop)
            await until(lambda: hub.connection_count == 0)
            began = time.monotonic()
            await asyncio.to_thread(running.close)
            assert time.monotonic() - began < 5


async def test_gone_with_messages_under_way(sqlite_files: SqliteFiles) -> None:
    """Until these are dealt with such a client is still in its groups; what it cannot be sent any
    more must not keep it from the others."""
    url = sqlite_files.new()
    with run_service(database_url=url, ws_max_in_flight=1) as server:
        clinic = Clinic(server, "x")
        group = await clinic.group("dora", "pat", "paul")
        async with AsyncExitStack() as sockets:
            going = [await sockets.enter_async_context(clinic.socket("pat")) for _ in range(4)]
            staying = [await sockets.enter_async_context(clinic.socket("paul")) for _ in range(8)]
            with locked(url):
                for socket in going:
                    for content in ("one", "two"):
                        await socket.send(type="send_message", group_id=group, content=content)
                    socket.connection.transport.abort()
                await asyncio.sleep(0.3)
                for _ in range(2):
                    told = asyncio.run_coroutine_threadsafe(tell(clinic, group), server.loop)
                    await asyncio.wrap_future(told)
                for socket in staying:
                    for _ in range(2):
                        assert await asyncio.wait_for(socket.receive(), 5) == {"type": "typing"}


async def tell(clinic: Clinic, group: str) -> None:
    pushing(clinic).send_message_to_group(group, {"type": "typing"})
