"""A bare WebSocket client: what a test sends and sees is exactly what is on the wire."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 30


class RawSocket:
    def __init__(self, connection: ClientConnection, connected: dict[str, Any]) -> None:
        self.connection = connection
        self.connected = connected
        self._latest = deque[dict[str, Any]](maxlen=10)

    async def send(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame))

    async def receive(self, kind: str | None = None) -> dict[str, Any]:
        """The next frame, or the next of this type; whatever comes before it is passed over."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._receive(kind)
        except TimeoutError:
            wanted, seen = kind or "frame", list(self._latest)
            raise AssertionError(f"no {wanted} in {PATIENCE_S} s; last came {seen}") from None

    async def _receive(self, kind: str | None) -> dict[str, Any]:
        while True:
            frame: dict[str, Any] = json.loads(await self.connection.recv())
            self._latest.append(frame)
            if kind is None or frame["type"] == kind:
                return frame
            assert frame["type"] not in {"error", "ai_reply_failed"}, frame

    async def closed(self) -> int:
        """The code the server closes with; frames before it are passed over."""
        with suppress(ConnectionClosed):
            while True:
                await self.connection.recv()
        assert self.connection.close_code is not None
        return self.connection.close_code


@asynccontextmanager
async def open_socket(
    ws_url: str, user_id: str, *, token: str | None = None, query: str = "", greeted: bool = True
) -> AsyncIterator[RawSocket]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with connect(
        f"{ws_url}/ws/{user_id}{query}", additional_headers=headers, proxy=None
    ) as connection:
        connected = json.loads(await connection.recv()) if greeted else {}
        assert not greeted or connected["type"] == "connected", connected
        yield RawSocket(connection, connected)
