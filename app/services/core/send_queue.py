"""Group commit: what queues up while one transaction runs goes into the next, as one batch.

An idle service stores a message at once, in a batch of one; a busy one pays one commit for many.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Sequence
from functools import partial

import structlog
from sqlalchemy.orm import Session

from app.db.session import AsyncDoor
from app.errors import AppError, DatabaseUnavailable, InternalError, Overloaded
from app.services.core.at_once import NotAllNew, is_plain
from app.services.core.message_service import Hook, MessageService
from app.services.core.records import MessageRecord, SendCommand
from app.services.core.rules import check_send

log = structlog.get_logger(__name__)

Waiting = tuple[SendCommand, "asyncio.Future[MessageRecord]"]


class SendQueue:
    """What all senders call. Messages of one group always go down the same lane, so they are
    stored in the order in which they came; lanes do not wait for each other."""

    def __init__(
        self,
        door: AsyncDoor,
        hooks: Sequence[Hook],
        *,
        longest: int,
        batch_size: int,
        lanes: int = 1,
        at_once: bool = False,
    ) -> None:
        """`at_once`: the database `stores_at_once`."""
        self._lanes = [_Lane(door, hooks, batch_size, at_once=at_once) for _ in range(lanes)]
        self._longest = longest
        self._closed = False

    async def send(self, command: SendCommand) -> MessageRecord:
        """Returns when the message is committed. Raises what `submit` and the core raise; a
        caller that is cancelled takes nothing back."""
        return await asyncio.shield(self.submit(command))

    def submit(self, command: SendCommand) -> "asyncio.Future[MessageRecord]":
        """Raises at once, without queueing: the rules' errors, and Overloaded."""
        check_send(command)
        if self._closed or len(self) >= self._longest:
            raise Overloaded
        future: asyncio.Future[MessageRecord] = asyncio.get_running_loop().create_future()
        self._lanes[hash(command.group_id) % len(self._lanes)].put((command, future))
        return future

    def __len__(self) -> int:
        return sum(len(lane.waiting) for lane in self._lanes)

    async def close(self) -> None:
        """Stores what is waiting and takes nothing more."""
        self._closed = True
        for lane in self._lanes:
            await lane.finish()


CAREFUL_SECONDS = 0.5


class _Lane:
    """One batch is in the database at a time. The next goes there as soon as it is committed,
    before its messages are told of."""

    def __init__(
        self, door: AsyncDoor, hooks: Sequence[Hook], batch_size: int, *, at_once: bool
    ) -> None:
        self.waiting: deque[Waiting] = deque()
        self._door = door
        self._hooks = hooks
        self._batch_size = batch_size
        self._at_once = at_once
        self._hopeful_from = 0.0
        self._storing: Sequence[Waiting] | None = None
        """The batch in the database; an empty one from the first message to the turn's end."""
        self._answering: set[asyncio.Task[None]] = set()

    def put(self, one: Waiting) -> None:
        self.waiting.append(one)
        if self._storing is None:
            self._storing = ()
            # whatever arrives in this turn of the loop goes along
            asyncio.get_running_loop().call_soon(self._begin)

    async def finish(self) -> None:
        while self._storing is not None or self._answering:
            await asyncio.sleep(0)
            if self._answering:
                await asyncio.wait(self._answering)

    def _begin(self) -> None:
        """Hands the next batch to the database, right now."""
        size = min(len(self.waiting), self._batch_size)
        batch = self._storing = [self.waiting.popleft() for _ in range(size)]
        commands = [command for command, _ in batch]
        quick = self._at_once and self._may_be_new(commands)
        stored = self._door.begin(
            lambda db: self._store(db, commands, quick=quick), partial(self._over, batch)
        )
        task = asyncio.create_task(self._answer(batch, stored))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    def _may_be_new(self, commands: Sequence[SendCommand]) -> bool:
        """Not so soon after a batch that was not: repeats come in swarms, and each would cost a
        transaction for nothing."""
        return time.monotonic() >= self._hopeful_from and all(map(is_plain, commands))

    def _store(
        self, db: Session, commands: Sequence[SendCommand], *, quick: bool = False
    ) -> Sequence[MessageRecord | AppError]:
        service = MessageService(db, self._hooks)
        return service.send_new(commands) if quick else service.send_batch(commands)

    def _over(self, batch: Sequence[Waiting]) -> None:
        """The database has done with this batch; what it says a second time is nothing new."""
        if self._storing is not batch:
            return
        self._storing = None
        if self.waiting:
            self._begin()

    async def _answer(
        self, batch: Sequence[Waiting], stored: Awaitable[Sequence[MessageRecord | AppError]]
    ) -> None:
        """Whatever happens, nobody is left without an answer."""
        try:
            await self._settle_all(batch, stored)
        except Exception:
            with contextlib.suppress(Exception):  # the log may be what failed: a full disk
                log.exception("send_queue_stumbled", size=len(batch))
        finally:
            self._over(batch)
            for _, future in batch:
                _settle(future, InternalError())

    async def _settle_all(
        self, batch: Sequence[Waiting], stored: Awaitable[Sequence[MessageRecord | AppError]]
    ) -> None:
        """A batch that fails for a reason of its own is tried again one by one, so that a message
        which no database takes cannot take its neighbours with it."""
        try:
            results = await self._all_results(batch, stored)
        except DatabaseUnavailable as error:
            results = [error] * len(batch)
        except Exception:
            if len(batch) > 1:
                for one in batch:
                    await self._settle_all([one], self._carefully([one[0]]))
                return
            log.exception("send_failed", group_id=batch[0][0].group_id)
            results = [InternalError()]
        for (_, future), result in zip(batch, results, strict=True):
            _settle(future, result)

    async def _all_results(
        self, batch: Sequence[Waiting], stored: Awaitable[Sequence[MessageRecord | AppError]]
    ) -> Sequence[MessageRecord | AppError]:
        try:
            return await stored
        except NotAllNew:
            self._hopeful_from = time.monotonic() + CAREFUL_SECONDS
            return await self._carefully([command for command, _ in batch])

    async def _carefully(
        self, commands: Sequence[SendCommand]
    ) -> Sequence[MessageRecord | AppError]:
        return await self._door.run(lambda db: self._store(db, commands))


def _settle(future: "asyncio.Future[MessageRecord]", result: MessageRecord | AppError) -> None:
    if future.done():
        return
    if isinstance(result, AppError):
        future.set_exception(result)
    else:
        future.set_result(result)
