"""A bare WebSocket server that plays scripts: for what the real one never does."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from im_client import Event, IMClient, MessageSent

Script = Callable[[ServerConnection], Awaitable[None]]
T0 = "2026-01-01T00:00:00.000000Z"


class ScriptedServer:
    """Plays one script per connection, and answers history and `sync` from `stored`: for what the
    real server never does, such as leaving out a frame. `answers`, `results` and `handshakes` come
    before that, in turn.
    """

    def __init__(self) -> None:
        self.url = ""
        self.stored: list[int] = []
        self.scripts: list[Script] = []
        self.opened = 0
        self.answers: list[tuple[HTTPStatus, str]] = []
        self.handshakes: list[HTTPStatus] = []
        self.results: list[str] = []
        self.pages: list[int] = []
        self.syncs: list[dict[str, Any]] = []
        self.requests: list[Request] = []

    async def play(self, socket: ServerConnection) -> None:
        script = self.scripts[min(self.opened, len(self.scripts) - 1)]
        self.opened += 1
        with suppress(ConnectionClosed):
            await script(socket)

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
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

    def says(self, *frames: str, close: int | None = None) -> Script:
        """A script: these frames, then a close, or an ear for `sync`."""

        async def script(socket: ServerConnection) -> None:
            for said in frames:
                await socket.send(said)
            if close is not None:
                await socket.close(close)
            async for raw in socket:
                await self.hear(socket, json.loads(raw))

        return script

    async def hear(self, socket: ServerConnection, heard: dict[str, Any]) -> None:
        if heard["type"] == "sync":
            self.syncs.append(heard["groups"])
            await socket.send(self.results.pop(0) if self.results else self._result(heard))

    def result(self, *, recovered: bool, last_seq: int, **fields: Any) -> str:
        """A `sync_result` for the one group."""
        epoch = fields.pop("epoch", "e1")
        group = {"recovered": recovered, "last_seq": last_seq} | fields
        return frame("sync_result", epoch=epoch, groups={"g": group})

    def _result(self, sync: dict[str, Any]) -> str:
        missed = [seq for seq in self.stored if seq > sync["groups"]["g"]]
        frames = [json.loads(self.live(seq)) for seq in missed]
        return self.result(
            recovered=True, last_seq=self.stored[-1], messages=frames, epoch=sync["epoch"]
        )

    @staticmethod
    def connected(last_seq: int | None = None, epoch: str = "e1") -> str:
        state = {"last_seq": last_seq, "user_role": "PATIENT", "ai_mode": "auto"}
        groups = {} if last_seq is None else {"g": state}
        return frame("connected", user_id="u", connection_id="c", epoch=epoch, groups=groups)

    @staticmethod
    def live(seq: int, **extra: Any) -> str:
        return frame("message_sent", **_message(seq), content=f"m{seq}", **extra)


def frame(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, "server_time": T0, **fields})


def message_in(group_id: str) -> dict[str, Any]:
    """The first message of another group."""
    return {"type": "message_sent"} | _message(1) | {"group_id": group_id, "content": "first"}


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


def client_of(server: ScriptedServer, **options: Any) -> IMClient:
    """One that comes back fast."""
    return IMClient(server.url, "u", **{"backoff_base": 0.02, "backoff_cap": 0.05} | options)


async def collect(client: IMClient, last_seq: int) -> list[Event]:
    """Everything up to the message with this seq."""
    seen: list[Event] = []
    async with asyncio.timeout(10):
        async for event in client.events():
            seen.append(event)
            if isinstance(event, MessageSent) and event.seq == last_seq:
                break
    return seen


def seqs(events: list[Event]) -> list[int]:
    return [event.seq for event in events if isinstance(event, MessageSent)]
