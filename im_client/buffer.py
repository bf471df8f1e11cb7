import asyncio
from collections import deque
from collections.abc import Callable
from typing import Self

from im_client.events import Event


class EventBuffer:
    """Events between the socket and the program; iterating takes them out.

    `limit` is asked for, not enforced: whoever has something that can wait looks at `full`, or
    waits for `room`. `taken` hears of each event that the program takes.
    """

    def __init__(self, limit: int, taken: Callable[[Event], None]) -> None:
        if limit < 1:
            raise ValueError(f"buffer_limit must be at least 1, not {limit}")
        self._limit = limit
        self._taken = taken
        self._events: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._left = asyncio.Event()
        self._ended = False
        self._failure: BaseException | None = None

    @property
    def full(self) -> bool:
        return len(self._events) >= self._limit

    def put(self, event: Event) -> None:
        self._events.append(event)
        self._arrived.set()

    async def room(self) -> None:
        while self.full:
            self._left.clear()
            await self._left.wait()

    def end(self, failure: BaseException | None = None) -> None:
        """What is buffered can still be read; then iteration stops, or raises `failure`."""
        if not self._ended:
            self._ended, self._failure = True, failure
            self._arrived.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._ended:
                raise self._failure or StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        event = self._events.popleft()
        self._left.set()
        self._taken(event)
        return event
