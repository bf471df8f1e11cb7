import asyncio
import logging
from contextlib import AsyncExitStack, suppress

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from im_client.address import Address
from im_client.errors import (
    IMClosedError,
    IMConnectionError,
    IMError,
    error_from_response,
)
from im_client.events import Connected, ErrorFrame, Frame, UnknownEvent, decode

_FINAL = range(4500, 5000)
_HANDSHAKE_S = 10.0
_WELCOME_S = 15.0  # a server that waits for a token closes after 10 s, with the reason
_CLOSE_S = 2.0

# At DEBUG websockets writes the handshake's headers, and with them the token.
_LOGGER = logging.getLogger("im_client.websockets")
_LOGGER.setLevel(logging.INFO)


class SendMessage(
    msgspec.Struct, frozen=True, tag_field="type", tag="send_message", omit_defaults=True
):
    content: str
    client_msg_id: str
    group_id: str | None = None


class Ping(msgspec.Struct, frozen=True, tag_field="type", tag="ping"):
    pass


class Connection:
    """One open socket. `connected` is the server's greeting, which has already been read."""

    def __init__(self, socket: ClientConnection, url: str, connected: Connected) -> None:
        self._socket = socket
        self._url = url
        self.connected = connected

    async def receive(self) -> Frame | UnknownEvent:
        return await _receive(self._socket, self._url)

    async def send(self, frame: SendMessage | Ping) -> None:
        """Says nothing of a lost connection: `receive` does, to whoever waits for an answer."""
        data = msgspec.json.encode(frame)
        if len(data) > self.connected.max_frame_bytes:
            limit = self.connected.max_frame_bytes
            raise IMError("FRAME_TOO_LARGE", 1006, f"the server takes at most {limit} bytes")
        with suppress(ConnectionClosed):
            await self._socket.send(data, text=True)

    async def close(self) -> None:
        await self._socket.close()


async def open_connection(address: Address) -> Connection:
    """Raises IMConnectionError, IMError for a refused handshake, or IMClosedError."""
    async with AsyncExitStack() as stack:
        socket = await _handshake(address)
        stack.push_async_callback(socket.close)
        connected = await _greeting(socket, address.url)
        stack.pop_all()
        return Connection(socket, address.url, connected)


async def _handshake(address: Address) -> ClientConnection:
    try:
        return await connect(
            address.socket_url,
            additional_headers=address.headers,
            proxy=None,
            compression=None,
            open_timeout=_HANDSHAKE_S,
            close_timeout=_CLOSE_S,
            logger=_LOGGER,
        )
    except InvalidStatus as exc:
        raise error_from_response(exc.response.status_code, bytes(exc.response.body)) from exc
    except (OSError, WebSocketException) as exc:
        raise IMConnectionError(address.url, str(exc)) from exc


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
