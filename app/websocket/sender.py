"""`send_message` of one connection: many may be in flight, each ends in an answer of its own."""

import asyncio
from collections.abc import Awaitable

from app.bootstrap import Container
from app.errors import AppError, InvalidParameter
from app.models.enums import MessageType
from app.models.group import session_group_id
from app.services.core.group_service import GroupService
from app.services.core.records import MessageRecord, SendCommand
from app.services.core.rules import check_send
from app.websocket import frames
from app.websocket.burst import Burst
from app.websocket.connection import Connection

CLIENT_TYPES = {MessageType.TEXT, MessageType.IMAGE}


class SocketSender:
    """The acknowledgement is the `message_sent` that the hub pushes to everybody: whoever may send
    is in the group by then, since events come in the order of commits. Answered here are repeats,
    which nobody else hears of, and late refusals."""

    def __init__(self, container: Container, connection: Connection, max_in_flight: int) -> None:
        self._container = container
        self._connection = connection
        self._own_session = session_group_id(connection.user_id)
        self._free = max_in_flight
        self._room: asyncio.Future[None] | None = None

    def send(self, frame: frames.SendMessage) -> Awaitable[None] | None:
        """Has to be waited for while too many are in flight, which in turn stops reading from the
        socket, and where the hub does not know this connection to be in the group. Raises what
        the rules and the queue refuse."""
        command = self._command(frame)
        if command.group_id not in self._connection.heads:
            return self._send_after(self._enter(command), frame, command)
        if not self._free:
            self._room = asyncio.get_running_loop().create_future()
            return self._send_after(self._room, frame, command)
        self._submit(frame, command)
        return None

    async def _send_after(
        self, first: Awaitable[None], frame: frames.SendMessage, command: SendCommand
    ) -> None:
        await first
        self._submit(frame, command)

    def _submit(self, frame: frames.SendMessage, command: SendCommand) -> None:
        self._container.send_rates.take(command.from_user_id)
        self._container.queue.put(command, lambda result: self._finished(frame, result))
        self._free -= 1

    def _command(self, frame: frames.SendMessage) -> SendCommand:
        if frame.msg_type not in CLIENT_TYPES:
            raise InvalidParameter("msg_type is TEXT or IMAGE.", field="msg_type")
        return SendCommand(
            group_id=frame.group_id or self._own_session,
            from_user_id=self._connection.user_id,
            content=frame.content,
            msg_type=frame.msg_type,
            client_msg_id=frame.client_msg_id,
            reply_to_message_id=frame.reply_to_message_id,
        )

    async def _enter(self, command: SendCommand) -> None:
        """Before any frame behind it is read, so that messages are stored in the order in which
        they were sent. The session with the AI is opened by its first message; other groups a
        script may have let this user into."""
        check_send(command)
        door, user_id, group_id = self._container.door, command.from_user_id, command.group_id
        if group_id == self._own_session:
            await door.run(lambda db: GroupService(db).open_session(user_id))
        elif await door.read(lambda db: GroupService(db).is_member(group_id, user_id)):
            await door.run(lambda db: GroupService(db).introduce(group_id, user_id))

    def _finished(self, frame: frames.SendMessage, result: MessageRecord | AppError) -> None:
        self._free += 1
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        if isinstance(result, AppError):
            self._answer(frames.error_frame(result, frame.client_msg_id, frame.group_id))
        elif result.duplicate:
            self._answer(frames.stored_frame(result, for_sender=True))

    def _answer(self, frame: frames.ServerFrame) -> None:
        self._connection.push(Burst(frames.encode(frame)))
