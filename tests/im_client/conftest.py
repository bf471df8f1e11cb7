import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from im_client import IMClient

Script = Callable[[ServerConnection], Awaitable[None]]
T0 = "2026-01-01T00:00:00.000000Z"


class Server(Protocol):
    """The real service, in open mode, with an AI that repeats what it hears."""

    url: str

    async def ws_close_all(self, code: int) -> None: ...


class Open(Protocol):
    async def __call__(self, user_id: str, **options: Any) -> IMClient: ...


@pytest.fixture
def databases(sqlite_files: object) -> object:
    """One database is enough here: the client sees none of it."""
    return sqlite_files


@pytest.fixture
async def open_client(server: Server) -> AsyncIterator[Open]:
    """Connected clients that come back fast."""
    async with AsyncExitStack() as stack:

        async def open_client(user_id: str, **options: Any) -> IMClient:
            options = {"backoff_base": 0.05, "backoff_cap": 0.1} | options
            client = await stack.enter_async_context(IMClient(server.url, user_id, **options))
            await client.connect()
            return client

        yield open_client


@pytest.fixture
async def ward(server: Server) -> str:
    """A group of the doctor `dora` with the patients `pat` and `paul`."""
    async with IMClient(server.url, "dora") as dora:
        group = await dora.create_group("ward")
        for patient in ("pat", "paul"):
            async with IMClient(server.url, patient) as client:
                await client.groups()  # users come into being on first use
            await dora.add_member(group.group_id, patient, "PATIENT")
        return group.group_id


class ScriptedServer:
    """Plays one script per connection and answers history from `stored`: for what the real server
    never does, such as leaving out a frame. `answers` and `handshakes` come before that, in turn.
    """

    def __init__(self) -> None:
        self.url = ""
        self.stored: list[int] = []
        self.scripts: list[Script] = []
        self.opened = 0
        self.answers: list[tuple[HTTPStatus, str]] = []
        self.handshakes: list[HTTPStatus] = []
        self.pages: list[int] = []

    async def play(self, socket: ServerConnection) -> None:
        script = self.scripts[min(self.opened, len(self.scripts) - 1)]
        self.opened += 1
        await script(socket)

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path.startswith("/ws/"):
            status = self.handshakes.pop(0) if self.handshakes else HTTPStatus.OK
            return None if status == HTTPStatus.OK else connection.respond(status, "")
        if self.answers:
            return connection.respond(*self.answers.pop(0))
        query = parse_qs(urlsplit(request.path).query)
        after, limit = int(query["after_seq"][0]), int(query["limit"][0])
        self.pages.append(after)
        newer = [stored(seq) for seq in self.stored if seq > after][:limit]
        page = {"messages": newer, "total": len(self.stored), "page": 1, "page_size": limit}
        return connection.respond(HTTPStatus.OK, json.dumps(page))

    @staticmethod
    def connected(last_seq: int | None = None, epoch: str = "e1") -> str:
        state = {"last_seq": last_seq, "user_role": "PATIENT", "ai_mode": "auto"}
        groups = {} if last_seq is None else {"g": state}
        return frame("connected", user_id="u", connection_id="c", epoch=epoch, groups=groups)

    @staticmethod
    def live(seq: int, **extra: Any) -> str:
        return frame("message_sent", **_message(seq), content=f"m{seq}", **extra)

    @staticmethod
    def frame(kind: str, **fields: Any) -> str:
        return frame(kind, **fields)


def frame(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, "server_time": T0, **fields})


def stored(seq: int) -> dict[str, Any]:
    return _message(seq) | {"msg_content": f"m{seq}", "client_msg_id": None, "duplicate": None}


def _message(seq: int) -> dict[str, Any]:
    return {
        "message_id": f"msg_{seq}",
        "group_id": "g",
        "seq": seq,
        "from_user_id": "other",
        "msg_type": "TEXT",
        "created_at": T0,
    }


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    async with serve(scripted.play, "127.0.0.1", 0, process_request=scripted.answer) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        scripted.url = f"http://127.0.0.1:{port}"
        yield scripted
