"""Group commit: what queues up while one transaction runs goes into the next, as one batch.

An idle service stores a message at once, in a batch of one; a busy one pays one commit for many.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence

import structlog

from app.db.session import AsyncDoor
from app.errors import AppError, DatabaseUnavailable, InternalError, Overloaded
from app.services.core.message_service import Hook, MessageService
from app.services.core.records import MessageRecord, SendCommand
from app.services.core.rules import check_send

log = structlog.get_logger(__name__)

Waiting = tuple[SendCommand, "asyncio.Future[MessageRecord]"]


class SendQueue:
    """One batch is in work at a time, so messages are stored in the order in which they came."""

    def __init__(
        self, door: AsyncDoor, hooks: Sequence[Hook], *, longest: int, batch_size: int
    ) -> None:
        self._door = door
        self._hooks = hooks
        self._longest = longest
        self._batch_size = batch_size
        self._waiting: deque[Waiting] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._closed = False

    async def send(self, command: SendCommand) -> MessageRecord:
        """Returns when the message is committed. Raises what `submit` and the core raise; a
        caller that is cancelled takes nothing back."""
        return await asyncio.shield(self.submit(command))

    def submit(self, command: SendCommand) -> "asyncio.Future[MessageRecord]":
        """Raises at once, without queueing: the rules' errors, and Overloaded."""
        check_send(command)
        if self._closed or len(self._waiting) >= self._longest:
            raise Overloaded
        future: asyncio.Future[MessageRecord] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._drain(), name="send-queue")
        return future

    def __len__(self) -> int:
        return len(self._waiting)

    async def close(self) -> None:
        """Stores what is waiting and takes nothing more."""
        self._closed = True
        if self._worker is not None:
            await self._worker

    async def _drain(self) -> None:
        """Ends when nothing waits and everybody has an answer. The next batch begins as soon as
        this one is committed, while its messages are still being told of."""
        await asyncio.sleep(0)  # whatever arrived in this turn of the loop goes along
        answering: asyncio.Task[None] | None = None
        while self._waiting or answering is not None:
            before, answering = answering, None
            if self._waiting:
                committed = asyncio.Event()
                answering = asyncio.create_task(self._answer(self._next_batch(), committed))
            if before is not None:
                await before
            if answering is not None:
                await committed.wait()
        self._worker = None

    def _next_batch(self) -> list[Waiting]:
        size = min(len(self._waiting), self._batch_size)
        return [self._waiting.popleft() for _ in range(size)]

    async def _answer(self, batch: Sequence[Waiting], committed: asyncio.Event) -> None:
        """Whatever happens, nobody is left without an answer."""
        try:
            await self._store(batch, committed)
        except Exception:
            with contextlib.suppress(Exception):  # the log may be what failed: a full disk
                log.exception("send_queue_stumbled", size=len(batch))
        committed.set()
        for _, future in batch:
            _settle(future, InternalError())

    async def _store(self, batch: Sequence[Waiting], committed: asyncio.Event) -> None:
        """A batch that fails for a reason of its own is tried again one by one, so that a message
        which no database takes cannot take its neighbours with it."""
        commands = [command for command, _ in batch]
        try:
            results = await self._door.run(
                lambda db: MessageService(db, self._hooks).send_batch(commands), committed.set
            )
        except DatabaseUnavailable as error:
            results = [error] * len(batch)
        except Exception:
            if len(batch) > 1:
                for one in batch:
                    await self._store([one], asyncio.Event())
                return
            log.exception("send_failed", group_id=commands[0].group_id)
            results = [InternalError()]
        for (_, future), result in zip(batch, results, strict=True):
            _settle(future, result)


def _settle(future: "asyncio.Future[MessageRecord]", result: MessageRecord | AppError) -> None:
    if future.done():
        return
    if isinstance(result, AppError):
        future.set_exception(result)
    else:
        future.set_result(result)
