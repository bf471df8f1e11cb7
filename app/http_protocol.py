"""uvicorn's HTTP protocol, without patience for those who do not finish what they ask."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_SECONDS = 20.0
"""From the connection, or the first byte of a further request, to the last byte of a request."""
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class PromptHttpProtocol(HttpToolsProtocol):
    """A socket that connects and says nothing, or says it a byte a minute, holds a file descriptor
    for REQUEST_SECONDS, not for ever."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()

    def on_message_begin(self) -> None:
        if self._deadline is None:
            self._begin()
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._complete()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._complete()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        self._complete()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._give_up)

    def _complete(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        transport: Any = self.transport
        if not transport.is_closing():
            transport.write(TIMED_OUT)
            transport.close()
