"""The only two doors to the database, of one shape: run a use case, commit, deliver its events.

Nothing else commits. A use case is a plain function of a session, so it cannot await a socket or
the AI inside a transaction, and it is the same for the API, workers, the command line and scripts.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import DBAPIError

from app.db.attempt import Attempt, Watch
from app.db.engine import Database
from app.db.outbox import CommitInDoubt
from app.db.threads import Threads
from app.db.transaction import T, Work, transact
from app.db.turns import Turns
from app.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)

Deliver = Callable[[Sequence[object]], None]


def _nothing_around(_result: object, _events: object) -> nullcontext[None]:
    return nullcontext()


class SyncDoor:
    """For command line, scripts and workers. `deliver` runs in the calling thread."""

    def __init__(self, database: Database, deliver: Deliver) -> None:
        self._database = database
        self._deliver = deliver

    def run(self, work: Work[T]) -> T:
        told: list[object] = []

        @contextmanager
        def committing(_result: T, events: Sequence[object]) -> Iterator[None]:
            yield
            told.extend(events)

        result = transact(self._database.writing, Attempt(), work, committing)
        self._deliver(told)
        return result

    def read(self, work: Work[T]) -> T:
        return transact(self._database.reading, Attempt(), work, _nothing_around)


PATIENCE = 3
"""Times the database's time limit: for a connection, for a lock, and for an answer."""


class Transact(Protocol):
    """One transaction, from a database thread. `told` is called on the event loop with the result,
    once its events are delivered. Raises what the work raises, and DatabaseUnavailable."""

    def __call__(self, work: Work[T], told: Callable[[T], None]) -> None: ...


Step = Callable[[Transact], bool]
"""A part of a series, on a database thread; true where there is more to do."""


class AsyncDoor:
    """For the event loop: the work runs on database threads, `deliver` on the loop.

    A caller that is cancelled never stops work that has begun: it commits, and its events are
    delivered, exactly as if somebody had waited. Events come in the order of commits, each before
    the result of the work that told it. Work that could not begin within the database's time limit
    is refused as DatabaseUnavailable, and so is work that has no end after PATIENCE times that: it
    may have been committed all the same.
    """

    def __init__(self, database: Database, deliver: Deliver) -> None:
        self._database = database
        self._deliver = deliver
        self._turns = Turns()
        self._watch = Watch(database.timeout_s * PATIENCE)
        self._writers = Threads(database.writers, "db-write")
        self._readers = Threads(database.readers, "db-read")

    async def run(self, work: Work[T]) -> T:
        return await self._result(self._writers, self._write, work)

    async def read(self, work: Work[T]) -> T:
        """Sees all that was committed before the call, on every database."""
        return await self._result(self._readers, self._read, work)

    def begin(self, step: Step, abandon: Callable[[], None]) -> None:
        """Takes one step after the other, until one says that there is no more to do; others may
        have the thread in between. `abandon` is called on the loop where a transaction has no end:
        then those to come are refused, but that one may still commit."""
        loop, attempt = asyncio.get_running_loop(), Attempt(abandon)
        self._watch.add(attempt)
        self._writers.submit(partial(self._go_on, loop, attempt, step))

    def _go_on(self, loop: asyncio.AbstractEventLoop, attempt: Attempt, step: Step) -> None:
        try:
            while step(partial(self._write, loop, attempt)):
                if self._writers.crowded:
                    self._writers.submit(partial(self._go_on, loop, attempt, step))
                    return
        except BaseException:
            log.exception("series_stumbled")
            _post(loop, attempt.give_up)
        self._watch.discard(attempt)

    async def _result(self, threads: Threads, way: Callable[..., None], work: Work[T]) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        attempt = Attempt(partial(_fail, future, DatabaseUnavailable()))
        deadline = attempt.since + self._database.timeout_s

        def job() -> None:
            try:
                _check(deadline)
                way(loop, attempt, work, partial(_succeed, future))
            except BaseException as error:  # noqa: BLE001 - whatever it is, somebody waits for it
                _post(loop, _fail, future, error)
            finally:
                self._watch.discard(attempt)

        self._watch.add(attempt)
        threads.submit(job)
        return await future

    def _read(
        self, loop: asyncio.AbstractEventLoop, attempt: Attempt, work: Work[T],
        told: Callable[[T], None],
    ) -> None:  # fmt: skip
        _post(loop, told, transact(self._database.reading, attempt, work, _nothing_around))

    def _write(
        self, loop: asyncio.AbstractEventLoop, attempt: Attempt, work: Work[T],
        told: Callable[[T], None],
    ) -> None:  # fmt: skip
        @contextmanager
        def committing(result: T, events: Sequence[object]) -> Iterator[None]:
            def post(events: Sequence[object]) -> None:
                _post(loop, self._tell, events, told, result)

            try:
                with self._turns.commit(post, events):
                    yield
            except DBAPIError as error:
                if error.connection_invalidated:
                    _post(loop, self._deliver, [CommitInDoubt()])
                raise
            if not events:
                post(())

        attempt.since = time.monotonic()
        transact(self._database.writing, attempt, work, committing)

    def _tell(self, events: Sequence[object], told: Callable[[T], None], result: T) -> None:
        try:
            if events:
                self._deliver(events)
        finally:
            told(result)

    async def close(self) -> None:
        """Waits for all work that has begun."""
        for threads in (self._writers, self._readers):
            await threads.close()
        self._database.dispose()


def _post(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *arguments: Any) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody is there to hear of it
        loop.call_soon_threadsafe(call, *arguments)


def _check(deadline: float) -> None:
    """Those who queue behind a locked database do not wait its time limit one by one."""
    if time.monotonic() > deadline:
        raise DatabaseUnavailable


def _succeed(future: "asyncio.Future[T]", result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[Any]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def nothing_to_deliver(_events: Sequence[Any]) -> None:
    """For doors of programs that nobody listens to."""
