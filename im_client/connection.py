import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from im_client.errors import (
    IMClosedError,
    IMConnectionError,
    IMError,
    error_from_response,
)
from im_client.events import Connected, ErrorFrame, UnknownEvent
from im_client.wire import Frame, decode

_FINAL = range(4500, 5000)
_HANDSHAKE_S = 10.0
_WELCOME_S = 15.0  # a server that waits for a token closes after 10 s, with the reason
_CLOSE_S = 2.0
_MAX_FRAME = 64 << 20  # bytes; a sync_result holds thousands of messages

# At DEBUG websockets writes the handshake's headers and every frame, and with them the token.
_LOGGER = logging.getLogger("im_client.websockets")
_LOGGER.setLevel(logging.INFO)


class Connection:
    """One open socket. `connected` is the server's greeting, which has already been read."""

    def __init__(self, socket: ClientConnection, url: str, connected: Connected) -> None:
        self._socket = socket
        self.url = url
        self.connected = connected

    async def receive(self) -> Frame | UnknownEvent:
        return await _receive(self._socket, self.url)

    async def send(self, data: bytes) -> None:
        """An encoded frame. Raises IMError for one above the server's limit, and says nothing of a
        lost connection: `receive` does, to whoever waits for an answer.
        """
        if len(data) > self.connected.max_frame_bytes:
            limit = self.connected.max_frame_bytes
            raise IMError("FRAME_TOO_LARGE", 1006, f"the server takes at most {limit} bytes")
        with suppress(ConnectionClosed):
            await self._socket.send(data, text=True)

    async def close(self) -> None:
        """Reads on meanwhile: the server's answer comes behind all that it has sent before."""
        closing = asyncio.create_task(self._socket.close())
        with suppress(ConnectionClosed):
            while True:
                await self._socket.recv()
        await closing


@dataclass(frozen=True, slots=True)
class Dialer:
    """Opens connections to one address.

    Every `ping_interval` seconds the server is asked for a sign of life; without one within
    `ping_timeout` seconds the connection counts as lost. None switches that off.
    """

    url: str
    socket_url: str
    ping_interval: float | None
    ping_timeout: float | None

    async def open(self, token: str | None) -> Connection:
        """Raises IMConnectionError, IMError for a refused handshake, or IMClosedError."""
        async with AsyncExitStack() as stack:
            socket = await self._handshake(token)
            stack.push_async_callback(socket.close)
            connected = await _greeting(socket, self.url)
            stack.pop_all()
            return Connection(socket, self.url, connected)

    async def _handshake(self, token: str | None) -> ClientConnection:
        try:
            return await connect(
                self.socket_url,
                additional_headers={} if token is None else {"Authorization": f"Bearer {token}"},
                proxy=None,
                compression=None,
                max_size=_MAX_FRAME,
                open_timeout=_HANDSHAKE_S,
                close_timeout=_CLOSE_S,
                ping_interval=self.ping_interval,
                ping_timeout=self.ping_timeout,
                logger=_LOGGER,
            )
        except InvalidStatus as exc:
            raise error_from_response(exc.response.status_code, bytes(exc.response.body)) from exc
        except (OSError, WebSocketException) as exc:
            raise IMConnectionError(self.url, str(exc)) from exc


async def _greeting(socket: ClientConnection, url: str) -> Connected:
    words = ""
    try:
        async with asyncio.timeout(_WELCOME_S):
            while not isinstance(frame := await _receive(socket, url), Connected):
                words = frame.message if isinstance(frame, ErrorFrame) else words
            return frame
    except TimeoutError as exc:
        raise IMConnectionError(url, "the server did not greet") from exc
    except IMClosedError as exc:  # its reason is a code; the error frame before it says more
        raise IMClosedError(exc.code, words or exc.reason) from exc


async def _receive(socket: ClientConnection, url: str) -> Frame | UnknownEvent:
    try:
        return decode(await socket.recv())
    except ConnectionClosed as exc:
        close = exc.rcvd
        if close is None:
            raise IMConnectionError(url, "the connection was lost") from exc
        if close.code in _FINAL:
            raise IMClosedError(close.code, close.reason) from exc
        raise IMConnectionError(url, f"closed by the server ({close.code})") from exc
