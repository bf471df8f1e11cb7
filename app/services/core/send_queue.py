"""Group commit: what queues up while one transaction runs goes into the next, as one batch.

An idle service stores a message at once, in a batch of one; a busy one pays one commit for many.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from app.db.session import AsyncDoor, Transact
from app.errors import AppError, DatabaseUnavailable, Overloaded
from app.services.core.message_service import Hook
from app.services.core.records import MessageRecord, SendCommand
from app.services.core.rules import check_send
from app.services.core.send_batch import BatchSender, Result, Waiting, settle_all

FEW = 128
"""So many messages are stored faster in one transaction than in two beside each other."""


class SendQueue:
    """Messages of one group always wait in the same lane, and a lane has one batch in the database
    at a time, so they are stored in the order in which they came. While few wait, one batch takes
    those of all lanes. The database thread itself takes the next batch as soon as the last is
    committed, whatever the event loop is busy with."""

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
        self._door = door
        self._sender = BatchSender(hooks, self._answer, at_once=at_once)
        self._lanes = [_Lane() for _ in range(lanes)]
        self._longest = longest
        self._batch_size = batch_size
        self._lock = threading.Lock()
        self._unanswered = 0
        self._all_answered = asyncio.Event()
        self._closed = False

    async def send(self, command: SendCommand) -> MessageRecord:
        """Returns when the message is committed. Raises what `submit` and the core raise; a
        caller that is cancelled takes nothing back."""
        return await self.submit(command)

    def submit(self, command: SendCommand) -> "asyncio.Future[MessageRecord]":
        """Raises what `put` does."""
        future: asyncio.Future[MessageRecord] = asyncio.get_running_loop().create_future()
        self.put(command, partial(_resolve, future))
        return future

    def put(self, command: SendCommand, settled: Callable[[Result], None]) -> None:
        """`settled` is called later, once, on the event loop. Raises at once, without queueing:
        the rules' errors, and Overloaded."""
        check_send(command)
        if self._closed or len(self) >= self._longest:
            raise Overloaded
        lane = self._lanes[hash(command.group_id) % len(self._lanes)]
        waiting = self._sender.prepare(command, settled)
        with self._lock:
            self._unanswered += 1
            lane.waiting.append(waiting)
            if lane.busy or lane.called:
                return
            lane.called = True
        # Whatever arrives in this turn of the loop goes along.
        asyncio.get_running_loop().call_soon(self._begin, lane)

    def __len__(self) -> int:
        """Those without a batch."""
        return sum(len(lane.waiting) for lane in self._lanes)

    async def close(self) -> None:
        """Stores what is waiting and takes nothing more."""
        self._closed = True
        while self._unanswered:
            self._all_answered.clear()
            await self._all_answered.wait()

    def _begin(self, lane: "_Lane") -> None:
        with self._lock:
            lane.called = False
            if lane.busy or not lane.waiting:
                return
            lane.busy = True
        run = _Run(lane, asyncio.get_running_loop())
        self._door.begin(partial(self._step, run), partial(self._abandon, run))

    def _step(self, run: "_Run", transact: Transact) -> bool:
        batch = self._next_batch(run)
        if batch:
            self._sender.store(batch, transact, run.post)
        return bool(batch)

    def _next_batch(self, run: "_Run") -> Sequence[Waiting]:
        """On the run's thread, when its last batch is done with."""
        with self._lock:
            run.leave()
            if len(self) <= FEW:
                crossing = any(lane.busy for lane in self._lanes)
                lanes = [] if crossing else self._lanes  # the run that is crossed takes all
            else:
                crossing, lanes = False, [run.lane]
            if not run.abandoned:
                run.enter(lanes, self._batch_size)
            left = [] if crossing and not run.abandoned else self._left()
        for lane in left:
            run.post(self._begin, lane)
        return run.batch

    def _left(self) -> "list[_Lane]":
        left = [one for one in self._lanes if one.waiting and not (one.busy or one.called)]
        for lane in left:
            lane.called = True
        return left

    def _abandon(self, run: "_Run") -> None:
        """The database does not answer: neither is it asked for what waits behind."""
        with self._lock:
            waiting = run.abandon()
            left = self._left()
        self._answer(waiting, [DatabaseUnavailable()] * len(waiting))
        for lane in left:
            self._begin(lane)

    def _answer(self, batch: Sequence[Waiting], results: Sequence[Result]) -> None:
        self._unanswered -= settle_all(batch, results)
        if not self._unanswered:
            self._all_answered.set()


class _Lane:
    __slots__ = ("busy", "called", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Waiting] = deque()
        self.busy = False
        """A run has it."""
        self.called = False
        """A run for it begins soon."""


class _Run:
    """Batch after batch on one database thread; changed under the queue's lock."""

    def __init__(self, lane: _Lane, loop: asyncio.AbstractEventLoop) -> None:
        self.lane = lane
        self.batch: list[Waiting] = []
        self.abandoned = False
        self._lanes: Sequence[_Lane] = [lane]
        self._loop = loop

    def enter(self, lanes: Sequence[_Lane], most: int) -> None:
        for lane in lanes:
            while lane.waiting and len(self.batch) < most:
                self.batch.append(lane.waiting.popleft())
        self._lanes = lanes if self.batch else ()
        for lane in self._lanes:
            lane.busy = True

    def leave(self) -> None:
        for lane in self._lanes:
            lane.busy = False
        self._lanes, self.batch = (), []

    def abandon(self) -> list[Waiting]:
        """Everything that it had, and that waits in its lanes."""
        self.abandoned = True
        waiting = self.batch + [one for lane in self._lanes for one in lane.waiting]
        for lane in self._lanes:
            lane.waiting.clear()
        self.leave()
        return waiting

    def post(self, call: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is there to hear of it
            self._loop.call_soon_threadsafe(call, *arguments)


def _resolve(future: "asyncio.Future[MessageRecord]", result: Result) -> None:
    if future.done():
        return
    if isinstance(result, AppError):
        future.set_exception(result)
    else:
        future.set_result(result)
