"""Peers that neither read nor answer."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.bootstrap import build
from app.config import load_settings
from app.main import create_app
from app.server import Server, bind
from app.websocket import protocol
from app.websocket.protocol import Protocol
from tests.support import servers
from tests.support.databases import SqliteFiles
from tests.support.servers import RunningServer
from tests.websocket.clinic import Clinic, until
from tests.websocket.test_membership import deaf, pile_up

PROMPT = {"ws_heartbeat_seconds": 0.2, "ws_heartbeat_timeout": 0.2}


@contextmanager
def serving(url: str, **settings: object) -> Iterator[tuple[Server, Clinic]]:
    loaded = load_settings(database_url=url, **settings)
    container = build(loaded)
    server = Server(create_app(loaded, container), loaded)
    server.config.ws = Protocol
    with servers._running(server, bind("127.0.0.1", 0)) as (port, loop):  # noqa: SLF001
        yield server, Clinic(RunningServer(f"http://127.0.0.1:{port}", container, loop), "x")


async def test_answered_heartbeats(sqlite_files: SqliteFiles) -> None:
    """A client that answers them stays."""
    with serving(sqlite_files.new(), **PROMPT) as (_, clinic):
        async with clinic.socket("pat") as pat:
            await asyncio.sleep(0.7)
            await pat.send(type="ping")
            assert await pat.receive() == {"type": "pong"}


async def test_heartbeat_lost(sqlite_files: SqliteFiles) -> None:
    """A client that does not is forgotten, and finds 4009 if it reads on: come back."""
    with serving(sqlite_files.new(), **PROMPT) as (_, clinic):
        hub = clinic.server.container.hub
        async with deaf(clinic, "slow") as slow:
            await until(lambda: hub.connection_count == 0)
            slow.connection.transport.resume_reading()
            assert await slow.closed() == 4009


@pytest.mark.parametrize(
    "settings", [{"ws_max_unsent_bytes": 65536}, PROMPT], ids=["too slow", "no heartbeat"]
)
async def test_stuck_transport(
    sqlite_files: SqliteFiles, monkeypatch: pytest.MonkeyPatch, settings: dict[str, float]
) -> None:
    """One that never takes what was sent to it is dropped all the same, so it holds no memory, no
    file descriptor, and no shutdown up."""
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.1)
    began = 0.0
    with serving(sqlite_files.new(), **settings) as (server, clinic):
        hub = clinic.server.container.hub
        async with deaf(clinic, "slow"):
            asyncio.run_coroutine_threadsafe(pile_up(clinic, "slow"), clinic.server.loop)
            await until(lambda: hub.connection_count == 0)
            await until(lambda: not server.server_state.connections)
            began = time.monotonic()
            server.should_exit = True
    assert time.monotonic() - began < 3
