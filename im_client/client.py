from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self
from uuid import uuid4

from im_client.address import Address
from im_client.api import HttpApi
from im_client.backoff import Backoff
from im_client.buffer import EventBuffer
from im_client.connection import Connection, Dialer
from im_client.credentials import Credentials, TokenCallback
from im_client.errors import IMConnectionError
from im_client.events import Connected, Event, MessageSent
from im_client.feed import Feed
from im_client.frames import ClientFrame, Ping, SendMessage, StopAi
from im_client.inbox import Inbox
from im_client.outbox import Outbox
from im_client.position import Bookmark, Position, Start
from im_client.sequence import Sequence


class IMClient(HttpApi):
    """One user of the IM service: HTTP calls at any time, the socket after `connect()`.

    `async with IMClient(user_id="alice") as client:` closes both at the end. Times are in seconds.
    `docs/client.md` tells what each parameter does.
    """

    def __init__(  # noqa: PLR0913 - all but the first three are settings with a good default
        self,
        url: str = "http://127.0.0.1:8000",
        user_id: str = "default_user",
        token: str | TokenCallback | None = None,
        *,
        position: Position | None = None,
        start: Start = "present",
        deltas: bool = False,
        ack_timeout: float | None = 60.0,
        backoff_base: float = 0.5,
        backoff_cap: float = 15.0,
        ping_interval: float | None = 20.0,
        ping_timeout: float | None = 20.0,
        buffer_limit: int = 10_000,
    ) -> None:
        address = Address(url, user_id, deltas)
        credentials = Credentials(token)
        super().__init__(address, credentials)
        self._ack_timeout = ack_timeout
        self._bookmark = Bookmark(position, start)
        self._buffer = EventBuffer(buffer_limit, self._bookmark.note)
        self._dialer = Dialer(url, address.socket_url, ping_interval, ping_timeout)
        self._outbox = Outbox(url, user_id, Backoff(backoff_base, backoff_cap))
        self._feed = Feed(
            self._open,
            self.history,
            credentials,
            Inbox(user_id, Sequence(position, start), self._buffer, self._outbox),
            self._outbox,
            self._buffer,
            Backoff(backoff_base, backoff_cap),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def position(self) -> Position | None:
        """Where the program is: after the last event that it has taken from `events()`. None before
        the first. A new client, `IMClient(…, position=saved)`, goes on from there.
        """
        return self._bookmark.position

    async def connect(self) -> Connected:
        """Opens the socket, once; from then on the client reconnects by itself.

        This first attempt is not repeated: it raises IMConnectionError, IMClosedError, IMError or
        IMTokenError.
        """
        if self._feed.started:
            raise RuntimeError("this client has been connected before; make a new one")
        connection = await self._open()
        self._feed.start(connection)
        return connection.connected

    async def send(
        self,
        group_id: str | None,
        content: str,
        client_msg_id: str | None = None,
        *,
        msg_type: str = "TEXT",
        reply_to_message_id: str | None = None,
    ) -> MessageSent:
        """Returns the message when the server has stored it, however many connections that takes.

        Without a group it goes to the caller's own session with the AI. Raises IMError for a
        refusal, and IMUnacknowledgedError when after `ack_timeout` it is not known whether the
        message is stored: sending again with its `client_msg_id` stores it once.
        """
        if not self._feed.running:
            raise self._feed.failure or self._not_connected()
        frame = SendMessage(
            content=content,
            client_msg_id=uuid4().hex if client_msg_id is None else client_msg_id,
            group_id=group_id,
            msg_type=msg_type,
            reply_to_message_id=reply_to_message_id,
        )
        return await self._outbox.send(frame, self._ack_timeout)

    async def ping(self) -> None:
        """The answer comes as the event Pong."""
        await self._say(Ping())

    async def stop_ai(self, stream_id: str) -> None:
        """Asks the AI to stop: what it has said so far becomes its reply. For doctors of the group
        and for who asked; a refusal comes as the event ErrorFrame.
        """
        await self._say(StopAi(stream_id=stream_id))

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
        return await self._credentials.authorize(self._dialer.open)

    async def _say(self, frame: ClientFrame) -> None:
        if self._feed.connection is None:
            raise self._feed.failure or self._not_connected()
        await self._feed.connection.send(frame.encoded())

    def _not_connected(self) -> IMConnectionError:
        return IMConnectionError(self._address.url, "not connected; call connect() first")
