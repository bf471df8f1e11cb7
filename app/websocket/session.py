"""One connection, from its greeting to its end: what its client sends, and what that leads to."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import msgspec
import structlog

from app.bootstrap import Container
from app.errors import AppError, FrameTooLarge, InternalError, InvalidParameter, RateLimited
from app.services.core.access import Caller
from app.utils.id_generator import generate_connection_id
from app.utils.token_bucket import TokenBucket
from app.websocket import frames
from app.websocket.authentication import of_this_user
from app.websocket.burst import Burst
from app.websocket.close_codes import CloseCode
from app.websocket.connection import Connection
from app.websocket.greeting import greet
from app.websocket.inbox import Inbox
from app.websocket.resume import sync
from app.websocket.sender import SocketSender
from app.websocket.wire import Message, Unreadable, Wire

log = structlog.get_logger(__name__)

LAST_WORDS_SECONDS = 2.0
"""How long what a client sent before it went may take to be dealt with."""


class Session:
    """Held by nothing but its wire and the hub: while its client says nothing, no task waits."""

    __slots__ = (
        "_connection", "_container", "_expiry", "_inbox", "_inside", "_max_bytes", "_rate",
        "_sender", "_wire",
    )  # fmt: skip

    def __init__(
        self, container: Container, wire: Wire, caller: Caller, *, partial: bool = True
    ) -> None:
        """`partial`: the client wants to hear of replies under way."""
        settings = container.settings.websocket
        self._container = container
        self._wire = wire
        self._connection = Connection(
            generate_connection_id(), caller.user_id, wire, settings.ws_max_unsent_bytes
        )
        self._connection.partial = partial
        self._sender = SocketSender(container, self._connection, settings.ws_max_in_flight)
        self._inbox = Inbox(wire, self._handle)
        self._rate = TokenBucket(settings.ws_messages_per_second)
        self._max_bytes = settings.max_frame_bytes
        self._inside = False
        """Counted among the user's connections."""
        self._expiry: asyncio.TimerHandle | None = None
        self._expire_at(caller.expires_at)

    async def open(self) -> None:
        """Returns when the client has been greeted; from then on the wire drives the session.
        Raises RateLimited where the user has too many."""
        await self._container.connection_limit.enter(self._connection.user_id)
        self._inside = True
        self._container.hub.begin(self._connection)
        try:
            await greet(self._container, self._connection)
        except BaseException:
            self._leave()
            raise
        self._wire.listen(self._inbox.receive, self._lost)

    def _lost(self) -> None:
        """What the client sent before it went is still dealt with, unless that takes long."""
        if self._connection.close_code is None and not self._inbox.idle:
            self._inbox.when_idle(self._leave)
            asyncio.get_running_loop().call_later(LAST_WORDS_SECONDS, self._leave)
        else:
            self._leave()

    def _leave(self) -> None:
        if self._inside:
            self._inside = False
            self._container.connection_limit.leave(self._connection.user_id)
        self._container.hub.leave(self._connection)
        self._inbox.stop()
        if self._expiry:
            self._expiry.cancel()

    def _handle(self, message: Message) -> Awaitable[None] | None:
        """Gives what is to be waited for before the next message is handled."""
        if self._connection.close_code is not None:
            return None
        if isinstance(message, Unreadable) or is_longer(message, self._max_bytes):
            self._violation(
                InvalidParameter("Frames are JSON in UTF-8 text; this one is not.")
                if message is Unreadable.NOT_TEXT
                else FrameTooLarge(limit=self._max_bytes)
            )
            return None
        if not self._rate.take():
            self._flooded(message)
            return None
        try:
            frame = frames.decode(message)
            rest = self._handlers[type(frame)](self, frame)
        except Exception as error:  # noqa: BLE001 - told, or logged, there
            self._failed(message, error)
            return None
        return None if rest is None else self._rest(rest, message)

    async def _rest(self, rest: Awaitable[None], text: str) -> None:
        try:
            await rest
        except Exception as error:  # noqa: BLE001 - told, or logged, there
            self._failed(text, error)

    def _failed(self, text: str, error: Exception) -> None:
        """The last net: the connection lives on, but for what is no JSON at all."""
        if isinstance(error, AppError):
            self._refuse(text, error)
        elif isinstance(error, msgspec.ValidationError):
            self._refuse(text, InvalidParameter(f"The frame is refused: {error}."))
        elif isinstance(error, msgspec.DecodeError):
            self._violation(InvalidParameter("Frames are JSON text; this one is not JSON."))
        else:
            connection_id = self._connection.connection_id
            log.error("frame_failed", connection_id=connection_id, exc_info=error)
            self._refuse(text, InternalError())

    def _flooded(self, text: str) -> None:
        self._refuse(text, RateLimited(retry_after_s=round(self._rate.wait_s, 3)))
        if not self._rate.owe():
            self._connection.close(CloseCode.TOO_MANY_REQUESTS)

    def _send(self, frame: frames.SendMessage) -> Awaitable[None] | None:
        return self._sender.send(frame)

    def _sync(self, frame: frames.Sync) -> Awaitable[None]:
        return sync(self._container, self._connection, frame)

    def _ping(self, _frame: frames.Ping) -> None:
        self._push(frames.Pong())

    async def _stop_ai(self, frame: frames.StopAI) -> None:
        await self._container.ai.replies.stop(frame.stream_id, self._connection.user_id)

    async def _resync_ai(self, frame: frames.ResyncAI) -> None:
        asking = self._connection
        await self._container.ai.replies.show_again(
            frame.stream_id, asking.user_id, asking.connection_id
        )

    async def _renew(self, frame: frames.Auth) -> None:
        caller = await self._container.identity.of_token(frame.token)
        self._expire_at(of_this_user(caller, self._connection.user_id).expires_at)

    def _expire_at(self, moment: float | None) -> None:
        if self._expiry:
            self._expiry.cancel()
        if moment is not None:
            self._expiry = asyncio.get_running_loop().call_later(
                max(0.0, moment - time.time()), self._connection.close, CloseCode.UNAUTHENTICATED
            )

    _handlers: ClassVar[dict[type, Callable[["Session", Any], Awaitable[None] | None]]] = {
        frames.SendMessage: _send,
        frames.Sync: _sync,
        frames.Ping: _ping,
        frames.Auth: _renew,
        frames.StopAI: _stop_ai,
        frames.ResyncAI: _resync_ai,
    }

    def _refuse(self, text: str, error: AppError) -> None:
        self._push(frames.error_frame(error, *frames.ids_in(text)))

    def _violation(self, error: AppError) -> None:
        self._push(frames.error_frame(error))
        self._connection.close(CloseCode.PROTOCOL_VIOLATION)

    def _push(self, frame: frames.ServerFrame | dict[str, Any]) -> None:
        self._connection.push(Burst(frames.encode(frame)))


def is_longer(text: str, limit: int) -> bool:
    """In bytes of UTF-8, which are only counted where they could matter."""
    if len(text) * 4 <= limit:
        return False
    return len(text) > limit or len(text.encode()) > limit
