"""Threads for one of the two engines: as many as it has connections."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Threads:
    def __init__(self, number: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(number, name)
        self._queued: deque[None] = deque()

    def submit(self, job: Callable[[], None]) -> None:
        """The job handles its own errors."""
        self._queued.append(None)
        self._pool.submit(self._run, job)

    def _run(self, job: Callable[[], None]) -> None:
        self._queued.popleft()
        job()

    @property
    def crowded(self) -> bool:
        """There is a job without a thread."""
        return bool(self._queued)

    async def close(self) -> None:
        """Waits for all jobs that were submitted."""
        await asyncio.to_thread(self._pool.shutdown)
