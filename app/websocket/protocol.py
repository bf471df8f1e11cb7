"""uvicorn's WebSocket protocol, which lets go of those who do not answer."""

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.websocket.close_codes import CloseCode

LINGER_SECONDS = 5.0
"""How long what is still to be sent may take to leave once a socket is closed."""


class Protocol(WebSocketsSansIOProtocol):
    """A closed transport keeps itself and its last frames until its peer has taken them, which one
    that never reads may put off for ever. Here it is dropped."""

    async def run_asgi(self) -> None:
        await super().run_asgi()
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
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self.transport.abort)
