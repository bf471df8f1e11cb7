"""A socket under any ASGI server, at the price of two tasks and a queue."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from fastapi import WebSocket, WebSocketDisconnect

from app.websocket.burst import Burst
from app.websocket.wire import Receive, Unreadable

FLUSH_SECONDS = 2.0
"""How long last frames, and then the close, may take to leave before the socket is dropped."""


class AsgiWire:
    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._outbox: deque[bytes] = deque()
        self._unsent = 0
        self._closing: tuple[int, str] | None = None
        self._wake = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()
        self._lost: Callable[[], None] | None = None

    def listen(self, receive: Receive, lost: Callable[[], None]) -> None:
        """What the peer sent before it went is received first, however little of what it was sent
        it has taken."""
        self._lost = lost
        self._reader = asyncio.create_task(self._read(receive))
        self._writer = asyncio.create_task(self._write())

    def write(self, burst: Burst) -> None:
        self._outbox.extend(burst.payloads)
        self._unsent += sum(map(len, burst.payloads))
        self._wake.set()

    def unsent(self) -> int:
        return self._unsent

    def pause_reading(self) -> None:
        self._reading.clear()

    def resume_reading(self) -> None:
        self._reading.set()

    def close(self, code: int, reason: str) -> None:
        if self._closing is None:
            self._closing = (code, reason)
            self._wake.set()
            asyncio.get_running_loop().call_soon(self._end)

    async def finish(self) -> None:
        await asyncio.wait({self._reader, self._writer}, return_when=asyncio.FIRST_COMPLETED)
        if self._closing:
            await asyncio.wait({self._writer}, timeout=FLUSH_SECONDS)
        else:
            await asyncio.wait({self._reader})
            self._end()
        for task in (self._reader, self._writer):
            task.cancel()
        await asyncio.gather(self._reader, self._writer, return_exceptions=True)

    def _end(self) -> None:
        if self._lost is not None:
            self._lost()

    async def _read(self, receive: Receive) -> None:
        while True:
            await self._reading.wait()
            event = await self._socket.receive()
            if event["type"] == "websocket.disconnect":
                return
            text = event.get("text")
            receive(Unreadable.NOT_TEXT if text is None else text)

    async def _write(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                while self._outbox:
                    payload = self._outbox.popleft()
                    await self._socket.send_text(payload.decode())
                    self._unsent -= len(payload)
                if self._closing is not None:
                    await self._socket.close(*self._closing)
                    return
                self._wake.clear()
                await self._wake.wait()
