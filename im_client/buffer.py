import asyncio
from typing import Self

from im_client.events import Event


class EventBuffer:
    """Events between the socket and the program; iterating takes them out.

    A full buffer holds up the socket, so memory stays bounded when nobody reads.
    """

    def __init__(self, limit: int) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(limit)
        self._ended = False
        self._failure: BaseException | None = None

    async def put(self, event: Event) -> None:
        await self._queue.put(event)

    def end(self, failure: BaseException | None = None) -> None:
        """What is buffered can still be read; then iteration stops, or raises `failure`."""
        if self._ended:
            return
        self._ended, self._failure = True, failure
        if self._queue.empty():
            self._queue.put_nowait(None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        if self._ended and self._queue.empty():
            raise self._failure or StopAsyncIteration
        event = await self._queue.get()
        if event is None:
            self._queue.put_nowait(None)  # for the next reader
            raise self._failure or StopAsyncIteration
        return event
