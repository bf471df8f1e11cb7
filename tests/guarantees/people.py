"""Somebody with one device or two, who sends what the plan says and tries until the end of each
message is known."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol

from tests.guarantees.history import Result
from tests.guarantees.plan import Operation
from tests.guarantees.sending import Answer, Outgoing
from tests.guarantees.view import GroupsView

IN_FLIGHT = 4
RETRY_SECONDS = 0.1

Way = Callable[[Outgoing], Awaitable[Answer]]


class Endpoint(Protocol):
    """One device of a person, whichever client it runs."""

    name: str
    user: str
    view: GroupsView
    online: asyncio.Event

    @property
    def caught_up(self) -> bool: ...
    async def run(self) -> None: ...
    async def close(self) -> None: ...
    def drop(self) -> None: ...
    async def by_socket(self, message: Outgoing) -> Answer: ...
    async def by_http(self, message: Outgoing) -> Answer: ...
    async def drained(self) -> None: ...


class Person:
    def __init__(
        self,
        devices: Sequence[Endpoint],
        groups: Sequence[str],
        operations: Iterator[Operation],
        dice: random.Random,
    ) -> None:
        self.user = devices[0].user
        self.devices = devices
        self._groups = groups
        self._operations = operations
        self._dice = dice
        self._ways: dict[str, Way] = {str(n): d.by_socket for n, d in enumerate(devices)}
        self._ways["http"] = devices[0].by_http
        self._sent = 0
        self._slots = asyncio.Semaphore(IN_FLIGHT)

    async def talk(self, seconds: float) -> None:
        """Returns when each message begun within these seconds has come to its end."""
        async with asyncio.TaskGroup() as tasks:
            try:
                async with asyncio.timeout(seconds):
                    for operation in self._operations:
                        await asyncio.sleep(operation.pause_s)
                        await self._slots.acquire()
                        task = tasks.create_task(self._perform(operation))
                        task.add_done_callback(lambda _: self._slots.release())
            except TimeoutError:
                pass

    async def burst(self, group_id: str, count: int, content: str = "burst") -> None:
        """So many messages, as fast as the first device takes them."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(count):
                tasks.create_task(self._until_known(self._message(group_id, content), "0"))

    async def _perform(self, operation: Operation) -> None:
        message = self._message(self._groups[operation.group], operation.content)
        answer = await self._first_tries(message, operation)
        if not answer.final:
            answer = await self._until_known(message, operation.second or operation.first)
        for _ in range(operation.repeats):
            await self._ways[operation.first](message)
        if operation.conflict and answer.result is Result.OK:
            await self._ways["http"](_with_other_text(message))

    async def _first_tries(self, message: Outgoing, operation: Operation) -> Answer:
        ways = [operation.first, *filter(None, (operation.second,))]
        answers = await asyncio.gather(*(self._ways[way](message) for way in ways))
        return next((answer for answer in answers if answer.final), answers[0])

    async def _until_known(self, message: Outgoing, way: str) -> Answer:
        while True:
            answer = await self._ways[way](message)
            if answer.final:
                return answer
            await asyncio.sleep(self._dice.uniform(0, 2 * RETRY_SECONDS))

    def _message(self, group_id: str, content: str) -> Outgoing:
        self._sent += 1
        return Outgoing(self.user, group_id, f"{self.user}-{self._sent}", content)


def _with_other_text(message: Outgoing) -> Outgoing:
    """By HTTP only, where each answer belongs to its own call."""
    return Outgoing(message.user, message.group_id, message.client_msg_id, message.content + "?")
