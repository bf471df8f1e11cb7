"""A connection's messages, taken one after the other."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from app.websocket.wire import Message, Wire

Handle = Callable[[Message], Awaitable[None] | None]


class Inbox:
    """Most messages are dealt with at once. While one is being waited for, those behind it wait as
    well, and the socket is not read: a client that sends faster than it is served is slowed down
    by TCP, and its messages keep their order."""

    __slots__ = ("_handle", "_idle", "_task", "_waiting", "_wire")

    def __init__(self, wire: Wire, handle: Handle) -> None:
        self._wire = wire
        self._handle = handle
        self._waiting: deque[Message] = deque()
        self._task: asyncio.Future[None] | None = None
        self._idle: asyncio.Event | None = None

    def receive(self, message: Message) -> None:
        if self._task is None:
            self._take(message)
            return
        if not self._waiting:
            self._wire.pause_reading()
        self._waiting.append(message)

    async def finish(self) -> None:
        """Waits until everything received has been dealt with."""
        if self._task is not None:
            self._idle = asyncio.Event()
            await self._idle.wait()

    def stop(self) -> None:
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    def _take(self, message: Message) -> None:
        rest = self._handle(message)
        if rest is not None:
            self._task = asyncio.ensure_future(rest)
            self._task.add_done_callback(self._go_on)

    def _go_on(self, _done: asyncio.Future[None]) -> None:
        self._task = None
        was_paused = bool(self._waiting)
        while self._waiting and self._task is None:
            self._take(self._waiting.popleft())
        if was_paused and not self._waiting:
            self._wire.resume_reading()
        if self._idle is not None and self._task is None:
            self._idle.set()
