import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self
from uuid import uuid4

from im_client.acks import Acks
from im_client.address import Address
from im_client.api import HttpApi
from im_client.backoff import Backoff
from im_client.buffer import EventBuffer
from im_client.connection import Connection, Ping, SendMessage, open_connection
from im_client.errors import IMConnectionError, IMUnacknowledgedError
from im_client.events import Connected, Event, MessageSent
from im_client.feed import Feed


class IMClient(HttpApi):
    """One user of the IM service: HTTP calls at any time, the socket after `connect()`.

    `async with IMClient(user_id="alice") as client:` closes both at the end. Times are in seconds.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        user_id: str = "default_user",
        token: str | None = None,
        *,
        backoff_base: float = 0.5,
        backoff_cap: float = 15.0,
        ack_timeout: float = 30.0,
        buffer_limit: int = 10_000,
    ) -> None:
        super().__init__(Address(url, user_id, token))
        self._ack_timeout = ack_timeout
        self._acks = Acks(url)
        self._buffer = EventBuffer(buffer_limit)
        backoff = Backoff(backoff_base, backoff_cap)
        self._feed = Feed(user_id, self._open, self.history, self._acks, backoff, self._buffer)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def connect(self) -> Connected:
        """Opens the socket, once; from then on the client reconnects by itself.

        This first attempt is not repeated: it raises IMConnectionError, IMClosedError or IMError.
        """
        if self._feed.started:
            raise RuntimeError("this client has been connected before; make a new one")
        connection = await self._open()
        self._feed.start(connection)
        return connection.connected

    async def send(
        self, group_id: str | None, content: str, client_msg_id: str | None = None
    ) -> MessageSent:
        """Returns when the server has stored the message.

        Without a group it goes to the caller's own session with the AI. Raises IMError for a
        refusal, IMUnacknowledgedError when it is unknown whether the message was stored, and
        IMConnectionError when there was no connection to send it on.
        """
        own_id = uuid4().hex if client_msg_id is None else client_msg_id
        connection = self._live()
        with self._acks.expect(own_id) as acknowledged:
            try:
                async with asyncio.timeout(self._ack_timeout):
                    await connection.send(SendMessage(content, own_id, group_id))
                    return await acknowledged
            except TimeoutError as exc:
                reason = f"no acknowledgement within {self._ack_timeout:g} s"
                raise IMUnacknowledgedError(self._address.url, reason, own_id) from exc

    async def ping(self) -> None:
        """The answer comes as the event Pong."""
        await self._live().send(Ping())

    def events(self) -> AsyncIterator[Event]:
        """Everything since `connect()`, each event once; to be read as long as one is connected.

        Ends after `close()`; raises IMClosedError when the server closed for good. Several readers
        would share the events among them.
        """
        return self._buffer

    async def close(self) -> None:
        await self._feed.stop()
        await self._http.aclose()

    async def _open(self) -> Connection:
        return await open_connection(self._address)

    def _live(self) -> Connection:
        if self._feed.connection is None:
            raise self._feed.failure or IMConnectionError(self._address.url, "not connected")
        return self._feed.connection
