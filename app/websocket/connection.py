"""One socket as the hub sees it: a bounded outbox with one writer."""

import asyncio
from collections import deque
from typing import Protocol

from app.websocket.close_codes import CloseCode

FLUSH_SECONDS = 2.0
"""How long last frames, and then the close, may take to leave before the socket is dropped."""


class Socket(Protocol):
    async def send_text(self, data: str) -> None: ...


class Connection:
    """`push` never waits. A reader that lets more than `max_unsent` characters pile up is closed
    with 4008 and catches up later; nobody else notices."""

    def __init__(self, connection_id: str, user_id: str, socket: Socket, max_unsent: int) -> None:
        self.connection_id = connection_id
        self.user_id = user_id
        self.heads: dict[str, int] = {}
        """The groups this connection hears, each with the `seq` up to which it is not pushed,
        since the client was told of it when it entered."""
        self._socket = socket
        self._max_unsent = max_unsent
        self._unsent = 0
        self._outbox: deque[str] = deque()
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self.close_code: CloseCode | None = None

    def start(self) -> asyncio.Task[None]:
        """The writer: it ends once the connection is to be closed and the outbox is empty, or is
        taking too long to become so."""
        self._writer = asyncio.create_task(self._write())
        return self._writer

    def push(self, text: str) -> bool:
        """True where the frame was queued. A frame that need not wait may be of any size."""
        if self.close_code is not None:
            return False
        if self._unsent and self._unsent + len(text) > self._max_unsent:
            self._give_up()
            return False
        self._unsent += len(text)
        self._outbox.append(text)
        self._wake.set()
        return True

    def close(self, code: CloseCode) -> None:
        """What is queued is still written first, as far as the reader takes it soon."""
        if self.close_code is not None:
            return
        self.close_code = code
        self._wake.set()
        if self._writer is not None:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._writer.cancel)

    def _give_up(self) -> None:
        """The writer is stuck in a socket that takes nothing, so nothing queued can get out."""
        self._outbox.clear()
        self.close_code = CloseCode.READER_TOO_SLOW
        if self._writer is not None:
            self._writer.cancel()

    async def _write(self) -> None:
        while True:
            while self._outbox:
                text = self._outbox.popleft()
                await self._socket.send_text(text)
                self._unsent -= len(text)
            if self.close_code is not None:
                return
            self._wake.clear()
            await self._wake.wait()
