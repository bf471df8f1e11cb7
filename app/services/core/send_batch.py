"""One batch of the send queue: from a database thread to those who wait for its answers."""

import contextlib
import time
from collections.abc import Callable, Sequence
from functools import partial

import structlog
from sqlalchemy.orm import Session

from app.db.session import Transact
from app.errors import AppError, DatabaseUnavailable, InternalError
from app.services.core.at_once import Fresh, GroupMemory, NotAllNew, Outdated, is_plain
from app.services.core.message_service import Hook, MessageService
from app.services.core.records import MessageRecord, SendCommand

log = structlog.get_logger(__name__)

CAREFUL_SECONDS = 0.5
"""After a batch that was not all new: repeats come in swarms, and each would cost a transaction."""

Result = MessageRecord | AppError


class Waiting:
    """A message under way; `fresh` where it may be one that is stored at once."""

    __slots__ = ("_settled", "command", "fresh")

    def __init__(
        self, command: SendCommand, fresh: Fresh | None, settled: Callable[[Result], None]
    ) -> None:
        self.command = command
        self.fresh = fresh
        self._settled: Callable[[Result], None] | None = settled

    def settle(self, result: Result) -> bool:
        """False where it has been settled before."""
        settled, self._settled = self._settled, None
        if settled is None:
            return False
        try:
            settled(result)
        except Exception:
            log.exception("answer_failed", group_id=self.command.group_id)
        return True


def settle_all(batch: Sequence[Waiting], results: Sequence[Result]) -> int:
    """On the event loop. The number of those that had not been settled before."""
    return sum(one.settle(result) for one, result in zip(batch, results, strict=True))


Answer = Callable[[Sequence[Waiting], Sequence[Result]], None]
Post = Callable[[Answer, Sequence[Waiting], Sequence[Result]], None]


class BatchSender:
    """Used by several database threads at a time. `answer` is called on the event loop."""

    def __init__(self, hooks: Sequence[Hook], answer: Answer, *, at_once: bool) -> None:
        self._hooks = hooks
        self._answer = answer
        self._at_once = at_once
        self._memory = GroupMemory()
        self._careful_until = 0.0

    def prepare(self, command: SendCommand, settled: Callable[[Result], None]) -> Waiting:
        fresh = Fresh(command) if self._at_once and is_plain(command) else None
        return Waiting(command, fresh, settled)

    def store(self, batch: Sequence[Waiting], transact: Transact, post: Post) -> None:
        """Whatever happens, nobody is left without an answer."""
        try:
            self._store(batch, transact)
        except DatabaseUnavailable as error:
            post(self._answer, batch, [error] * len(batch))
        except Exception as error:  # noqa: BLE001 - logged where it is one message's own
            self._failed(batch, transact, post, error)

    def _failed(
        self, batch: Sequence[Waiting], transact: Transact, post: Post, error: Exception
    ) -> None:
        """A batch that fails for a reason of its own is tried again one by one, so that a message
        which no database takes cannot take its neighbours with it."""
        if len(batch) > 1:
            for one in batch:
                self.store([one], transact, post)
            return
        with contextlib.suppress(Exception):  # the log may be what failed: a full disk
            log.error("send_failed", group_id=batch[0].command.group_id, exc_info=error)
        post(self._answer, batch, [InternalError()])

    def _store(self, batch: Sequence[Waiting], transact: Transact) -> None:
        answer = partial(self._answer, batch)
        if self._store_new(batch, transact, answer):
            return
        commands = [waiting.command for waiting in batch]
        transact(lambda db: self._service(db).send_batch(commands), answer)

    def _store_new(
        self, batch: Sequence[Waiting], transact: Transact,
        answer: Callable[[Sequence[Result]], None],
    ) -> bool:  # fmt: skip
        """False where not all of them are new, or may well not be."""
        messages = [waiting.fresh for waiting in batch if waiting.fresh]
        if len(messages) < len(batch) or time.monotonic() < self._careful_until:
            return False

        def work(db: Session) -> list[Result]:
            return self._service(db).send_new(messages, self._memory)

        try:
            try:
                transact(work, answer)
            except Outdated:
                transact(work, answer)
        except NotAllNew:
            self._careful_until = time.monotonic() + CAREFUL_SECONDS
            return False
        return True

    def _service(self, db: Session) -> MessageService:
        return MessageService(db, self._hooks)
