"""What is asked for while one round runs is done together in the next."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")


class Rounds(Generic[A, R]):
    """An idle one works at once, for one; a busy one pays one round for many. `work` gives one
    result for each item, in their order; an exception among them is raised for its item alone.
    What `work` itself raises is everybody's, unless it is no `shared` error: then each is tried by
    itself, so that one item cannot take its neighbours with it."""

    def __init__(
        self,
        work: Callable[[Sequence[A]], Awaitable[Sequence[R | Exception]]],
        *,
        most: int,
        shared: type[Exception],
    ) -> None:
        self._work = work
        self._most = most
        self._shared = shared
        self._waiting: deque[tuple[A, asyncio.Future[R]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def do(self, item: A) -> R:
        """A caller that is cancelled takes nothing back."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        """Whatever comes in the same turn of the loop goes along."""
        while self._waiting:
            number = min(len(self._waiting), self._most)
            await self._round([self._waiting.popleft() for _ in range(number)])

    async def _round(self, items: Sequence[tuple[A, "asyncio.Future[R]"]]) -> None:
        try:
            results = await self._work([item for item, _ in items])
        except Exception as error:  # noqa: BLE001 - somebody waits for it
            if len(items) > 1 and not isinstance(error, self._shared):
                for one in items:
                    await self._round([one])
                return
            results = [error] * len(items)
        for (_, future), result in zip(items, results, strict=True):
            _settle(future, result)


def _settle(future: "asyncio.Future[R]", result: R | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
