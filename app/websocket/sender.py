"""`send_message` of one connection: many may be in flight, each ends in an answer of its own."""

import asyncio

import structlog

from app.bootstrap import Container
from app.errors import AppError, InvalidParameter
from app.models.enums import MessageType
from app.models.group import session_group_id
from app.services.core.records import MessageRecord, SendCommand
from app.services.core.sessions import send_in_session
from app.websocket import frames
from app.websocket.connection import Connection

log = structlog.get_logger(__name__)
CLIENT_TYPES = {MessageType.TEXT, MessageType.IMAGE}


class SocketSender:
    """The acknowledgement is the `message_sent` that the hub pushes to everybody; only repeats,
    which nobody else hears of, and refusals are answered here."""

    def __init__(self, container: Container, connection: Connection, max_in_flight: int) -> None:
        self._container = container
        self._connection = connection
        self._free = asyncio.Semaphore(max_in_flight)
        self._tasks: set[asyncio.Future[MessageRecord]] = set()

    async def send(self, frame: frames.SendMessage) -> None:
        """Waits while too many are in flight, which in turn stops reading from the socket."""
        await self._free.acquire()
        try:
            future = self._submit(frame)
        except AppError as error:
            self._free.release()
            self._refuse(frame, error)
            return
        self._tasks.add(future)
        future.add_done_callback(lambda done: self._finished(frame, done))

    def _submit(self, frame: frames.SendMessage) -> "asyncio.Future[MessageRecord]":
        if frame.msg_type not in CLIENT_TYPES:
            raise InvalidParameter("msg_type is TEXT or IMAGE.", field="msg_type")
        own_session = session_group_id(self._connection.user_id)
        command = SendCommand(
            group_id=frame.group_id or own_session,
            from_user_id=self._connection.user_id,
            content=frame.content,
            msg_type=frame.msg_type,
            client_msg_id=frame.client_msg_id,
            reply_to_message_id=frame.reply_to_message_id,
        )
        if command.group_id == own_session:
            sending = send_in_session(self._container.door, self._container.queue, command)
            return asyncio.ensure_future(sending)
        return self._container.queue.submit(command)

    def _finished(self, frame: frames.SendMessage, done: "asyncio.Future[MessageRecord]") -> None:
        self._tasks.discard(done)
        self._free.release()
        if done.cancelled():
            return
        error = done.exception()
        if isinstance(error, AppError):
            self._refuse(frame, error)
        elif error is not None:
            log.error("send_failed", exc_info=error, connection_id=self._connection.connection_id)
        elif done.result().duplicate:
            answer = frames.stored_frame(done.result(), for_sender=True)
            self._connection.push(frames.encode(answer))

    def _refuse(self, frame: frames.SendMessage, error: AppError) -> None:
        answer = frames.error_frame(error, frame.client_msg_id, frame.group_id)
        self._connection.push(frames.encode(answer))
