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

    __slots__ = ("_handle", "_task", "_waiting", "_when_idle", "_wire")

    def __init__(self, wire: Wire, handle: Handle) -> None:
        self._wire = wire
        self._handle = handle
        self._waiting: deque[Message] | None = None
        """None rather than empty: a deque takes 700 bytes."""
        self._task: asyncio.Future[None] | None = None
        self._when_idle: Callable[[], None] | None = None

    def receive(self, message: Message) -> None:
        if self._task is None:
            rest = self._handle(message)
            if rest is not None:
                self._wait_for(rest)
            return
        if self._waiting is None:
            self._wire.pause_reading()
            self._waiting = deque()
        self._waiting.append(message)

    @property
    def idle(self) -> bool:
        """Everything received has been dealt with."""
        return self._task is None

    def when_idle(self, call: Callable[[], None]) -> None:
        """Instead of anything asked for before."""
        self._when_idle = call

    def stop(self) -> None:
        self._waiting = None
        if self._task is not None:
            self._task.cancel()

    def _wait_for(self, rest: Awaitable[None]) -> None:
        self._task = asyncio.ensure_future(rest)
        self._task.add_done_callback(self._go_on)

    def _go_on(self, _done: asyncio.Future[None]) -> None:
        self._task = None
        while self._waiting and self._task is None:
            rest = self._handle(self._waiting.popleft())
            if rest is not None:
                self._wait_for(rest)
        if self._waiting is not None and not self._waiting:
            self._waiting = None
            self._wire.resume_reading()
        if self._when_idle is not None and self._task is None:
            self._when_idle()
