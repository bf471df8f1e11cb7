"""One socket from handshake to close."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
from fastapi import WebSocket, WebSocketDisconnect

from app.bootstrap import Container
from app.errors import AppError, FrameTooLarge, InternalError, InvalidParameter, Kind
from app.services.core.access import Caller
from app.services.core.group_service import GroupService
from app.services.core.records import Membership
from app.utils.clock import rfc3339, utc_now
from app.utils.id_generator import generate_connection_id
from app.websocket import frames
from app.websocket.authentication import authenticate, of_this_user
from app.websocket.close_codes import CloseCode
from app.websocket.connection import FLUSH_SECONDS, Connection
from app.websocket.sender import SocketSender

log = structlog.get_logger(__name__)

CLOSE_CODES = {
    Kind.UNAUTHENTICATED: CloseCode.UNAUTHENTICATED,
    Kind.FORBIDDEN: CloseCode.FORBIDDEN,
    Kind.UNAVAILABLE: CloseCode.GOING_DOWN,
}


async def handle_connection(container: Container, socket: WebSocket, user_id: str) -> None:
    """The socket is accepted first, since only then can a close code tell why it is refused."""
    await socket.accept()
    timeout = container.settings.websocket.ws_auth_timeout
    try:
        caller = await authenticate(socket, container.identity, user_id, timeout)
        await _Session(container, socket, caller).run()
    except AppError as error:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await socket.send_text(frames.encode(frames.error_frame(error)))
            code = CLOSE_CODES.get(error.kind, CloseCode.PROTOCOL_VIOLATION)
            await socket.close(code, error.code.lower())
    except WebSocketDisconnect:
        pass


class _Session:
    def __init__(self, container: Container, socket: WebSocket, caller: Caller) -> None:
        self._container = container
        self._settings = container.settings.websocket
        self._socket = socket
        self._user_id = caller.user_id
        self._connection = Connection(
            generate_connection_id(), caller.user_id, socket, self._settings.ws_max_unsent_bytes
        )
        self._sender = SocketSender(container, self._connection, self._settings.ws_max_in_flight)
        self._expiry: asyncio.TimerHandle | None = None
        self._expire_at(caller.expires_at)
        self._handlers: dict[type, Callable[[Any], Awaitable[None]]] = {
            frames.SendMessage: self._sender.send,
            frames.Ping: self._ping,
            frames.Auth: self._renew,
        }

    async def run(self) -> None:
        hub = self._container.hub
        hub.begin(self._connection)
        try:
            await self._greet()
            await self._serve()
        finally:
            hub.leave(self._connection)
            if self._expiry:
                self._expiry.cancel()

    async def _greet(self) -> None:
        """No await between joining the hub and queueing `connected`: nothing may come before it."""
        heads, states = None, {}
        while heads is None:
            states = frames.group_states(await self._memberships())
            heads = self._container.hub.join(
                self._connection, {group_id: state.last_seq for group_id, state in states.items()}
            )
        connected = frames.Connected(
            user_id=self._user_id,
            connection_id=self._connection.connection_id,
            epoch=self._container.epoch,
            server_time=rfc3339(utc_now()),
            heartbeat_s=_whole(self._settings.ws_heartbeat_seconds),
            max_frame_bytes=self._settings.max_frame_bytes,
            groups={
                group_id: msgspec.structs.replace(state, last_seq=heads[group_id])
                for group_id, state in states.items()
            },
        )
        self._connection.push(frames.encode(connected))
        log.info("socket_connected", user_id=self._user_id, groups=len(states))

    async def _memberships(self) -> list[Membership]:
        return await self._container.door.read(
            lambda db: GroupService(db).memberships(self._user_id)
        )

    async def _serve(self) -> None:
        """Ends when the client has gone and what it sent before is taken, or when this side has
        closed and said why."""
        reader = asyncio.create_task(self._read())
        writer = self._connection.start()
        try:
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            if self._connection.close_code is None:
                await asyncio.wait({reader}, timeout=FLUSH_SECONDS)
            else:
                await asyncio.wait({writer})
                await self._close(self._connection.close_code)
        finally:
            reader.cancel()
            writer.cancel()
            await asyncio.gather(reader, writer, return_exceptions=True)

    async def _close(self, code: CloseCode) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                await self._socket.close(code, code.name.lower())

    async def _read(self) -> None:
        while self._connection.close_code is None:
            event = await self._socket.receive()
            if event["type"] == "websocket.disconnect":
                return
            text = event.get("text")
            if text is None:
                self._violation(InvalidParameter("Frames are JSON text; this one is binary."))
            elif is_longer(text, self._settings.max_frame_bytes):
                self._violation(FrameTooLarge(limit=self._settings.max_frame_bytes))
            else:
                await self._handle(text)

    async def _handle(self, text: str) -> None:
        try:
            frame = frames.decode(text)
        except msgspec.ValidationError as error:
            self._refuse(text, InvalidParameter(f"The frame is refused: {error}."))
        except msgspec.DecodeError:
            self._violation(InvalidParameter("Frames are JSON text; this one is not JSON."))
        else:
            await self._act(frame, text)

    async def _act(self, frame: frames.ClientFrame, text: str) -> None:
        """The last net: whatever fails here, the connection lives on."""
        try:
            await self._handlers[type(frame)](frame)
        except AppError as error:
            self._refuse(text, error)
        except Exception:
            log.exception("frame_failed", connection_id=self._connection.connection_id)
            self._refuse(text, InternalError())

    async def _ping(self, _frame: frames.Ping) -> None:
        self._connection.push(frames.encode(frames.Pong()))

    async def _renew(self, frame: frames.Auth) -> None:
        caller = of_this_user(await self._container.identity.of_token(frame.token), self._user_id)
        self._expire_at(caller.expires_at)

    def _expire_at(self, moment: float | None) -> None:
        if self._expiry:
            self._expiry.cancel()
        if moment is not None:
            self._expiry = asyncio.get_running_loop().call_later(
                max(0.0, moment - time.time()), self._connection.close, CloseCode.UNAUTHENTICATED
            )

    def _refuse(self, text: str, error: AppError) -> None:
        self._connection.push(frames.encode(frames.error_frame(error, *frames.ids_in(text))))

    def _violation(self, error: AppError) -> None:
        self._connection.push(frames.encode(frames.error_frame(error)))
        self._connection.close(CloseCode.PROTOCOL_VIOLATION)


def _whole(seconds: float) -> int | float:
    """25 rather than 25.0, for clients that expect an integer."""
    return int(seconds) if seconds.is_integer() else seconds


def is_longer(text: str, limit: int) -> bool:
    """In bytes of UTF-8, which are only counted where they could matter."""
    if len(text) * 4 <= limit:
        return False
    return len(text) > limit or len(text.encode()) > limit
