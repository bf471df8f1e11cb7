"""One batch of the send queue: to the database, and back to those who wait for its answers."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy.orm import Session

from app.db.session import AsyncDoor
from app.errors import AppError, DatabaseUnavailable, InternalError
from app.services.core.at_once import NotAllNew, is_plain
from app.services.core.message_service import Hook, MessageService
from app.services.core.records import MessageRecord, SendCommand

log = structlog.get_logger(__name__)

CAREFUL_SECONDS = 0.5
"""After a batch that was not all new: repeats come in swarms, and each would cost a transaction."""

Waiting = tuple[SendCommand, "asyncio.Future[MessageRecord]"]
Results = Sequence[MessageRecord | AppError]


class Sender:
    def __init__(self, door: AsyncDoor, hooks: Sequence[Hook], *, at_once: bool) -> None:
        self._door = door
        self._hooks = hooks
        self._at_once = at_once
        self._careful_until = 0.0
        self.answering: set[asyncio.Task[None]] = set()

    def store(self, batch: Sequence[Waiting], over: Callable[[], None]) -> None:
        """The batch is on its way to the database when this returns. `over` is called once, when
        the database has done with it."""
        commands = [command for command, _ in batch]
        quick = (
            self._at_once
            and time.monotonic() >= self._careful_until
            and all(map(is_plain, commands))
        )
        once = _Once(over)
        stored = self._door.begin(lambda db: self._work(db, commands, quick=quick), once)
        task = asyncio.create_task(self._answer(batch, stored, once))
        self.answering.add(task)
        task.add_done_callback(self.answering.discard)

    def _work(
        self, db: Session, commands: Sequence[SendCommand], *, quick: bool = False
    ) -> Results:
        service = MessageService(db, self._hooks)
        return service.send_new(commands) if quick else service.send_batch(commands)

    async def _answer(
        self, batch: Sequence[Waiting], stored: Awaitable[Results], over: Callable[[], None]
    ) -> None:
        """Whatever happens, nobody is left without an answer."""
        try:
            await self._settle_all(batch, stored)
        except Exception:
            with contextlib.suppress(Exception):  # the log may be what failed: a full disk
                log.exception("send_queue_stumbled", size=len(batch))
        finally:
            over()
            for _, future in batch:
                _settle(future, InternalError())

    async def _settle_all(self, batch: Sequence[Waiting], stored: Awaitable[Results]) -> None:
        """A batch that fails for a reason of its own is tried again one by one, so that a message
        which no database takes cannot take its neighbours with it."""
        try:
            results = await self._all_results(batch, stored)
        except DatabaseUnavailable as error:
            results = [error] * len(batch)
        except Exception:
            if len(batch) > 1:
                for one in batch:
                    await self._settle_all([one], self._carefully([one]))
                return
            log.exception("send_failed", group_id=batch[0][0].group_id)
            results = [InternalError()]
        for (_, future), result in zip(batch, results, strict=True):
            _settle(future, result)

    async def _all_results(self, batch: Sequence[Waiting], stored: Awaitable[Results]) -> Results:
        try:
            return await stored
        except NotAllNew:
            self._careful_until = time.monotonic() + CAREFUL_SECONDS
            return await self._carefully(batch)

    async def _carefully(self, batch: Sequence[Waiting]) -> Results:
        commands = [command for command, _ in batch]
        return await self._door.run(lambda db: self._work(db, commands))


class _Once:
    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def __call__(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call()


def _settle(future: "asyncio.Future[MessageRecord]", result: MessageRecord | AppError) -> None:
    if future.done():
        return
    if isinstance(result, AppError):
        future.set_exception(result)
    else:
        future.set_result(result)
