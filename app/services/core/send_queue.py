"""Group commit: what queues up while one transaction runs goes into the next, as one batch.

An idle service stores a message at once, in a batch of one; a busy one pays one commit for many.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial

from app.db.session import AsyncDoor
from app.errors import Overloaded
from app.services.core.message_service import Hook
from app.services.core.records import MessageRecord, SendCommand
from app.services.core.rules import check_send
from app.services.core.send_batch import Sender, Waiting

FEW = 128
"""So many messages are stored faster in one transaction than in two beside each other."""


class SendQueue:
    """Messages of one group always wait in the same lane, and a lane has one batch in the database
    at a time, so they are stored in the order in which they came. While few wait, one batch takes
    those of all lanes. The next goes to the database as soon as the last is committed, before its
    messages are told of."""

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
        self._sender = Sender(door, hooks, at_once=at_once)
        self._lanes = [_Lane() for _ in range(lanes)]
        self._longest = longest
        self._batch_size = batch_size
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
        loop = asyncio.get_running_loop()
        future: asyncio.Future[MessageRecord] = loop.create_future()
        lane = self._lanes[hash(command.group_id) % len(self._lanes)]
        lane.waiting.append((command, future))
        if not (lane.busy or lane.called):
            lane.called = True
            loop.call_soon(self._begin, lane)  # whatever arrives in this turn goes along
        return future

    def __len__(self) -> int:
        return sum(len(lane.waiting) for lane in self._lanes)

    async def close(self) -> None:
        """Stores what is waiting and takes nothing more."""
        self._closed = True
        while len(self) or any(lane.busy for lane in self._lanes) or self._sender.answering:
            await asyncio.sleep(0)
            if self._sender.answering:
                await asyncio.wait(self._sender.answering)

    def _begin(self, lane: "_Lane") -> None:
        """Hands the next batch to the database, right now."""
        lane.called = False
        if lane.busy or not lane.waiting:
            return
        together = len(self) <= FEW and not any(other.busy for other in self._lanes)
        lanes = self._lanes if together else [lane]
        batch: list[Waiting] = []
        for one in lanes:
            one.busy = True
            while one.waiting and len(batch) < self._batch_size:
                batch.append(one.waiting.popleft())
        self._sender.store(batch, partial(self._over, lanes))

    def _over(self, lanes: "Sequence[_Lane]") -> None:
        """The database has done with their batch."""
        for lane in lanes:
            lane.busy = False
        for lane in lanes:
            self._begin(lane)


class _Lane:
    __slots__ = ("busy", "called", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Waiting] = deque()
        self.busy = False
        """A batch of it is in the database."""
        self.called = False
        """It begins at the end of this turn of the event loop."""
