"""The only two doors to the database, of one shape: run a use case, commit, deliver its events.

Nothing else commits. A use case is a plain function of a session, so it cannot await a socket or
the AI inside a transaction, and it is the same for the API, workers, the command line and scripts.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from app.db import outbox
from app.db.attempt import Attempt
from app.db.engine import Database
from app.db.turns import Turns
from app.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)

T = TypeVar("T")
Work = Callable[[Session], T]
Deliver = Callable[[Sequence[object]], None]
Committing = Callable[[Sequence[object]], AbstractContextManager[Any]]
"""What surrounds the commit of work that has told these events."""


def nothing_to_do() -> None:
    pass


class SyncDoor:
    """For command line, scripts and workers. `deliver` runs in the calling thread."""

    def __init__(self, database: Database, deliver: Deliver) -> None:
        self._database = database
        self._deliver = deliver

    def run(self, work: Work[T]) -> T:
        result, events = _transact(self._database.writing, work)
        self._deliver(events)
        return result

    def read(self, work: Work[T]) -> T:
        return _transact(self._database.reading, work)[0]


PATIENCE = 3
"""Times the database's time limit: for a connection, for a lock, and for an answer."""


class AsyncDoor:
    """For the event loop: the work runs on database threads, `deliver` on the loop.

    A caller that is cancelled never stops work that has begun: it commits, and its events are
    delivered, exactly as if somebody had waited. Events come in the order of commits, each before
    the result of the work that told it. Work that
    could not begin within the database's time limit is refused as DatabaseUnavailable, and so is
    work that has no end after PATIENCE times that: it may have been committed all the same.
    """

    def __init__(self, database: Database, deliver: Deliver) -> None:
        self._database = database
        self._deliver = deliver
        self._turns = Turns()
        self._writers = ThreadPoolExecutor(database.writers, "db-write")
        self._readers = ThreadPoolExecutor(database.readers, "db-read")

    async def run(self, work: Work[T]) -> T:
        return await self.begin(work)

    def begin(self, work: Work[T], committed: Callable[[], None] = nothing_to_do) -> Awaitable[T]:
        """The work is on its way when this returns. `committed` is called on the loop before the
        events are delivered; not at all where there are none."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[None] = loop.create_future()

        def tell(events: Sequence[object]) -> None:
            committed()
            try:
                self._deliver(events)
            finally:
                told.set_result(None)

        def post(events: Sequence[object]) -> None:
            loop.call_soon_threadsafe(tell, events)

        committing = partial(self._turns.commit, post)
        return self._attempt(self._writers, self._database.writing, work, committing, told)

    async def read(self, work: Work[T]) -> T:
        """Sees all that was committed before the call, on every database."""
        return await self._attempt(self._readers, self._database.reading, work)

    def _attempt(
        self,
        threads: ThreadPoolExecutor,
        sessions: sessionmaker[Session],
        work: Work[T],
        committing: Committing = nullcontext,
        told: "asyncio.Future[None] | None" = None,
    ) -> Awaitable[T]:
        attempt = Attempt()
        job = partial(_transact, sessions, work, committing, attempt)
        running = asyncio.get_running_loop().run_in_executor(threads, self._in_time(job))
        running.add_done_callback(_retrieve)
        return self._outcome(attempt, running, told)

    async def _outcome(
        self,
        attempt: Attempt,
        running: "asyncio.Future[tuple[T, Sequence[object]]]",
        told: "asyncio.Future[None] | None",
    ) -> T:
        try:
            async with asyncio.timeout(self._database.timeout_s * PATIENCE):
                result, events = await asyncio.shield(running)
                if events and told is not None:
                    await asyncio.shield(told)
                return result
        except TimeoutError:
            log.warning("database_given_up")
            attempt.give_up()
            raise DatabaseUnavailable from None

    def _in_time(self, job: Callable[[], T]) -> Callable[[], T]:
        """Else those who queue behind a locked database would wait its time limit one by one."""
        deadline = time.monotonic() + self._database.timeout_s

        def begin() -> T:
            if time.monotonic() > deadline:
                raise DatabaseUnavailable
            return job()

        return begin

    async def close(self) -> None:
        """Waits for all work that has begun."""
        for pool in (self._writers, self._readers):
            await asyncio.to_thread(pool.shutdown)
        self._database.dispose()


def _retrieve(running: "asyncio.Future[Any]") -> None:
    """Nobody may be waiting any more for what it raised."""
    if not running.cancelled():
        running.exception()


def _transact(
    sessions: sessionmaker[Session],
    work: Work[T],
    committing: Committing = nullcontext,
    attempt: Attempt | None = None,
) -> tuple[T, Sequence[object]]:
    """The work's result and its events. Tries the work a second time if the pooled connection
    turns out to be dead before the commit; an error of the commit itself is never repeated, since
    it may have taken effect."""
    for last_try in (False, True):
        done = False
        try:
            with sessions() as db, _begun(attempt, db):
                result = work(db)
                db.flush()
                done = True
                events = outbox.take(db)
                with committing(events):
                    db.commit()
                return result, events
        except DBAPIError as error:
            if error.connection_invalidated and not done and not last_try:
                continue
            raise _explained(error) from error
        except PoolTimeout as error:
            raise DatabaseUnavailable from error
    raise AssertionError  # pragma: no cover - the second try returns or raises


@contextmanager
def _begun(attempt: Attempt | None, db: Session) -> Iterator[None]:
    if attempt is None:
        yield
        return
    attempt.begin(db)
    try:
        yield
    finally:
        attempt.end()


def _explained(error: DBAPIError) -> Exception:
    """Faults of the database become an answer that says so; faults of a statement stay as they
    are, since they are bugs."""
    if isinstance(error, OperationalError) or error.connection_invalidated:
        log.warning("database_unavailable", exc_info=error)
        return DatabaseUnavailable()
    return error


def nothing_to_deliver(_events: Sequence[Any]) -> None:
    """For doors of programs that nobody listens to."""
