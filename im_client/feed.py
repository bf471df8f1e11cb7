import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from im_client.acks import Acks
from im_client.backoff import Backoff
from im_client.buffer import EventBuffer
from im_client.connection import Connection
from im_client.errors import IMClientError, IMError, IMProtocolError, is_transient
from im_client.events import (
    AiReply,
    ErrorFrame,
    Frame,
    MemberRemoved,
    MessageSent,
    Reconnecting,
    Sequenced,
    UnknownEvent,
    from_history,
)
from im_client.models import Message
from im_client.sequence import Sequence

_PAGE = 100
_STABLE_S = 5.0
_GROUP_NOT_FOUND = 3001
_OWN_CLOSE = "closed by this client"


class History(Protocol):
    async def __call__(self, group_id: str, limit: int, *, after_seq: int) -> list[Message]: ...


class Feed:
    """Turns connections that come and go into one stream of events, whole and in order.

    Whatever a connection did not deliver is fetched from history before the first live event that
    follows it. After a failure that reconnecting cannot mend, the buffer raises it.
    """

    def __init__(
        self,
        user_id: str,
        reopen: Callable[[], Awaitable[Connection]],
        history: History,
        acks: Acks,
        backoff: Backoff,
        buffer: EventBuffer,
    ) -> None:
        self._user_id = user_id
        self._reopen = reopen
        self._history = history
        self._acks = acks
        self._backoff = backoff
        self._buffer = buffer
        self._sequence = Sequence()
        self._task: asyncio.Task[None] | None = None
        self.connection: Connection | None = None
        self.failure: BaseException | None = None

    @property
    def started(self) -> bool:
        return self._task is not None

    def start(self, connection: Connection) -> None:
        self.connection = connection
        self._task = asyncio.create_task(self._run(connection))
        self._task.add_done_callback(self._finish)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self.connection is not None:  # cancelled before its first step
            await self._drop(self.connection, _OWN_CLOSE)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self.failure = None if task.cancelled() else task.exception()
        self._buffer.end(self.failure)

    async def _run(self, connection: Connection) -> None:
        while True:
            loss = await self._serve(connection)
            connection = await self._return_after(loss)

    async def _serve(self, connection: Connection) -> IMClientError:
        """Returns the loss that ended the connection; raises what no reconnecting mends."""
        started = time.monotonic()
        self.connection = connection
        reason = _OWN_CLOSE
        try:
            await self._welcome(connection)
            while True:
                await self._take(await connection.receive())
        except IMClientError as exc:
            reason = str(exc)
            if not is_transient(exc):
                raise
            return exc
        finally:
            if time.monotonic() - started > _STABLE_S:
                self._backoff.reset()
            await self._drop(connection, reason)

    async def _drop(self, connection: Connection, reason: str) -> None:
        """Failing the waiting sends and refusing new ones is one step: none waits for nothing."""
        self.connection = None
        self._acks.fail_all(reason)
        await connection.close()

    async def _return_after(self, loss: IMClientError) -> Connection:
        while True:
            delay = self._backoff.next()
            await self._buffer.put(Reconnecting(delay, str(loss)))
            await asyncio.sleep(delay)
            try:
                return await self._reopen()
            except IMClientError as exc:
                if not is_transient(exc):
                    raise
                loss = exc

    async def _welcome(self, connection: Connection) -> None:
        await self._buffer.put(connection.connected)
        for group_id, head in self._sequence.welcome(connection.connected).items():
            await self._catch_up(group_id, head)

    async def _take(self, frame: Frame | UnknownEvent) -> None:
        match frame:
            case MessageSent() | AiReply():
                await self._take_sequenced(frame)
                return
            case ErrorFrame() if self._acks.reject(frame):
                return
            case MemberRemoved(user_id=user_id) if user_id == self._user_id:
                self._sequence.forget(frame.group_id)
        await self._buffer.put(frame)

    async def _take_sequenced(self, event: Sequenced) -> None:
        if isinstance(event, MessageSent):
            self._acks.resolve(event)
            if event.duplicate:  # an answer to a repeated send; the message itself came before
                return
        await self._catch_up(event.group_id, event.seq - 1)
        await self._apply(event)

    async def _catch_up(self, group_id: str, head: int) -> None:
        while self._sequence.behind(group_id, head):
            last = self._sequence.last(group_id)
            for message in await self._page(group_id, last):
                await self._apply(from_history(message, self._user_id))
            if self._sequence.behind(group_id, last + 1):
                raise IMProtocolError(f"{group_id}: history ends at {last}, the head is {head}")

    async def _page(self, group_id: str, last: int) -> list[Message]:
        """Nothing, and the group forgotten, when the caller has been removed from it meanwhile."""
        try:
            return await self._history(group_id, _PAGE, after_seq=last)
        except IMError as exc:
            if exc.number != _GROUP_NOT_FOUND:
                raise
            self._sequence.forget(group_id)
            return []

    async def _apply(self, event: Sequenced) -> None:
        if self._sequence.apply(event):
            await self._buffer.put(event)
