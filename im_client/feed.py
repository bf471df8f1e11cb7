import asyncio
import time
from collections.abc import Awaitable, Callable

from im_client.backoff import Backoff
from im_client.buffer import EventBuffer
from im_client.connection import Connection
from im_client.credentials import Credentials
from im_client.errors import IMClientError, IMClosedError, is_transient, is_unauthenticated
from im_client.events import ErrorFrame, Reconnecting
from im_client.frames import Auth, ResyncAi
from im_client.inbox import Inbox
from im_client.live_replies import LiveReplies
from im_client.outbox import Outbox
from im_client.recovery import History, Recovery
from im_client.together import until_one_fails
from im_client.wire import SyncResult

_STABLE_S = 5.0


class Feed:
    """One connection after another, until one ends that no other can mend."""

    def __init__(
        self,
        reopen: Callable[[], Awaitable[Connection]],
        history: History,
        credentials: Credentials,
        inbox: Inbox,
        outbox: Outbox,
        buffer: EventBuffer,
        backoff: Backoff,
    ) -> None:
        self._reopen = reopen
        self._history = history
        self._credentials = credentials
        self._inbox = inbox
        self._outbox = outbox
        self._buffer = buffer
        self._backoff = backoff
        self._missed: asyncio.Queue[str] = asyncio.Queue()
        self._replies = LiveReplies(inbox.user_id, self._missed.put_nowait)
        self._task: asyncio.Task[None] | None = None
        self.connection: Connection | None = None
        self.failure: BaseException | None = None

    @property
    def started(self) -> bool:
        return self._task is not None

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self, connection: Connection) -> None:
        self.connection = connection
        self._task = asyncio.create_task(self._run(connection))
        self._task.add_done_callback(self._finish)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self.connection is not None:  # cancelled before its first step
            await self._drop(self.connection)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self.failure = None if task.cancelled() else task.exception()
        self._outbox.fail(str(self.failure) if self.failure else "closed by this client")
        self._buffer.end(self.failure)

    async def _run(self, connection: Connection) -> None:
        while True:
            loss = await self._serve(connection)
            connection = await self._return_after(loss)

    async def _serve(self, connection: Connection) -> IMClientError:
        """Returns the loss that ended the connection; raises what no reconnecting mends."""
        started = time.monotonic()
        self.connection = connection
        try:
            await self._work(connection)
        except IMClientError as exc:
            if not self._can_mend(exc):
                raise
            return exc
        finally:
            if time.monotonic() - started > _STABLE_S:
                self._backoff.reset()
            await self._drop(connection)
        raise AssertionError("a connection ends with an error")

    async def _work(self, connection: Connection) -> None:
        async def renew(token: str) -> None:
            await connection.send(Auth(token=token).encoded())

        self._inbox.greet(connection.connected)
        self._replies.restart()
        while not self._missed.empty():  # asks of the last connection
            self._missed.get_nowait()
        recovery = Recovery(connection, self._inbox, self._history)
        await until_one_fails(
            self._read(connection, recovery),
            recovery.run(),
            self._outbox.write_to(connection),
            self._resync(connection),
            self._credentials.keep_fresh(connection.connected.server_time, renew),
        )

    async def _read(self, connection: Connection, recovery: Recovery) -> None:
        while True:
            frame = await connection.receive()
            if isinstance(frame, SyncResult):
                self._replies.recovered(frame)
                recovery.resolve(frame)
            elif isinstance(frame, ErrorFrame) and self._is_answer(frame, recovery):
                continue
            elif (event := self._replies.take(frame)) is not None:
                self._inbox.take(event)

    async def _resync(self, connection: Connection) -> None:
        while True:
            stream_id = await self._missed.get()
            await connection.send(ResyncAi(stream_id=stream_id).encoded())

    def _is_answer(self, error: ErrorFrame, recovery: Recovery) -> bool:
        if self._outbox.refuse(error) or self._replies.refuse(error):
            return True
        return recovery.refuse(error)

    def _can_mend(self, loss: IMClientError) -> bool:
        expired = isinstance(loss, IMClosedError) and is_unauthenticated(loss)
        if expired and self._credentials.renewable:
            self._credentials.discard()
            return True
        return is_transient(loss)

    async def _drop(self, connection: Connection) -> None:
        self.connection = None
        await connection.close()

    async def _return_after(self, loss: IMClientError) -> Connection:
        while True:
            delay = self._backoff.next()
            self._buffer.put(Reconnecting(delay, str(loss)))
            await asyncio.sleep(delay)
            try:
                return await self._reopen()
            except IMClientError as exc:
                if not is_transient(exc):
                    raise
                loss = exc
