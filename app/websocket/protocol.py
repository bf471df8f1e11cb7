"""uvicorn's WebSocket protocol with a fast path, and without patience for those who do not answer.

Plain text frames go straight from the transport to the connection and back. Only what is out of
the ordinary, such as fragments, pings and closes, goes through uvicorn's sans-I/O connection.
"""

from collections.abc import Callable
from typing import Any

import structlog
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.websocket.burst import Burst
from app.websocket.close_codes import CloseCode
from app.websocket.scanner import Scanner
from app.websocket.wire import Message, Receive, Unreadable

log = structlog.get_logger(__name__)

LINGER_SECONDS = 5.0
"""How long what is still to be sent may take to leave once a socket is closed."""
FRAME_HEADROOM = 4
"""uvicorn lets messages of this many times our limit in, so that the session can say what is wrong
with them before it closes; beyond it uvicorn closes one that comes in fragments by itself."""
EXTENSION = "im.wire"
"""Where an ASGI scope has the Wire."""


class _Nobody:
    """In place of what an ASGI program would wait for: one that listens instead does not."""

    def put_nowait(self, _event: Any) -> None: ...
    def set(self) -> None: ...
    def clear(self) -> None: ...


class FastProtocol(WebSocketsSansIOProtocol):
    """A Wire. Until somebody listens, messages wait in uvicorn's queue.

    A closed transport keeps itself and its last frames until its peer has taken them, which one
    that never reads may put off for ever. Here it is dropped.
    """

    _scanner: Scanner | None = None
    _receive: Receive | None = None
    _lost: Callable[[], None] | None = None

    def listen(self, receive: Receive, lost: Callable[[], None]) -> None:
        self._receive, self._lost = receive, lost
        waiting: Any = self.queue
        nobody: Any = _Nobody()
        self.queue = self.writable = self.scope = self.request = self.response = nobody
        while not waiting.empty():
            event = waiting.get_nowait()
            if event["type"] == "websocket.receive":
                receive(event.get("text", Unreadable.NOT_TEXT))
            elif event["type"] == "websocket.disconnect":
                lost()
        self.resume_reading()

    def write(self, burst: Burst) -> None:
        if not (self.close_sent or self.transport.is_closing()):
            self.transport.write(burst.raw)

    def unsent(self) -> int:
        return self.transport.get_write_buffer_size()

    def pause_reading(self) -> None:
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def close(self, code: int, reason: str) -> None:
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.resume_reading()  # for the peer's own close
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)
        self._drop_later()
        self.loop.call_soon(self._tell_lost)

    async def finish(self) -> None:
        """At once: whoever listens needs no task that waits."""

    def handle_connect(self, event: Any) -> None:
        """The request comes by itself, in one piece: all that follows is frames."""
        super().handle_connect(event)
        if self.handshake_complete:  # refused
            return
        scope: Any = self.scope
        scope["extensions"][EXTENSION] = self
        self._scanner = Scanner(
            self._take_text,
            super().data_received,
            self._take_too_long,
            self.config.ws_max_size // FRAME_HEADROOM,
        )

    def data_received(self, data: bytes) -> None:
        if self._scanner is None:
            super().data_received(data)
        else:
            self._scanner.feed(data)

    def send_receive_event_to_app(self) -> None:
        """A message that came in fragments, or is not text."""
        data, self.frames = b"".join(self.frames), []
        if self.curr_msg_data_type == "text":
            self._take_text(data)
        else:
            self._take(Unreadable.NOT_TEXT)

    def _take_text(self, payload: bytes) -> None:
        try:
            self._take(payload.decode())
        except UnicodeDecodeError:
            self._take(Unreadable.NOT_TEXT)

    def _take_too_long(self) -> None:
        self._take(Unreadable.TOO_LONG)

    def _take(self, message: Message) -> None:
        if self.close_sent:
            return
        if self._receive is not None:
            self._receive(message)
            return
        if isinstance(message, str):
            self.queue.put_nowait({"type": "websocket.receive", "text": message})
        else:
            self.queue.put_nowait({"type": "websocket.receive", "bytes": b""})
        self.pause_reading()

    def handle_close(self, event: Any) -> None:
        super().handle_close(event)
        self._tell_lost()

    def handle_parser_exception(self) -> None:
        super().handle_parser_exception()
        self._tell_lost()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._tell_lost()

    def shutdown(self) -> None:
        super().shutdown()
        self._tell_lost()

    def _tell_lost(self) -> None:
        if self._lost is not None:
            self._lost()

    async def run_asgi(self) -> None:
        """The program's end is the socket's, as in uvicorn, unless somebody listens then."""
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except Exception:
            log.exception("socket_failed")
        if self._receive is not None and not self.transport.is_closing():
            return
        self.send_500_response()  # where the handshake has not been answered
        if self.close_timer is None:
            self.transport.close()
        self._drop_later()

    def keepalive_timeout(self) -> None:
        """As uvicorn's, but for the close code."""
        self.pong_timer = None
        self.pending_ping_payload = None
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.fail(CloseCode.HEARTBEAT_LOST, "heartbeat_lost")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()
        self._drop_later()

    def _drop_later(self) -> None:
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)
