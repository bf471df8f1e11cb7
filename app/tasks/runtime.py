"""The service inside a worker process: one event loop, which lives as long as the process."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import structlog
from uvicorn.loops.auto import auto_loop_factory

from app.bootstrap import Container, StartError, build_worker
from app.config import Settings
from app.errors import AppError
from app.services.ai.called_dispatcher import CalledDispatcher

log = structlog.get_logger(__name__)

T = TypeVar("T")
STOP_S = 10.0
"""How long leases may take to be given back, beyond the patience with what is under way."""


class Runtime:
    """Belongs to one process: a pool that forks starts it in each child."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._container: Container | None = None
        self._stopping = threading.Lock()

    @property
    def running(self) -> int:
        """Replies under way here."""
        return self._dispatcher.running if self._container else 0

    def start(self) -> None:
        """Raises StartError."""
        loop = self._loop = auto_loop_factory()()
        threading.Thread(target=loop.run_forever, name="im-loop", daemon=True).start()
        try:
            self._soon(self._start()).result()
        except BaseException:
            loop.call_soon_threadsafe(loop.stop)
            self._loop = None
            raise

    def answer(self, group_id: str) -> bool:
        """Waits for the end of the group's next reply. False: left undone, since this process
        ends. What the database refuses is left to the sweep."""
        if self._container is None:
            return False
        try:
            return self._soon(self._dispatcher.answer(group_id)).result()
        except AppError as error:
            log.warning("ai_call_failed", group_id=group_id, number=error.number)
            return True

    def stop(self, patience_s: float) -> None:
        """What is not done in this time is left to others, at once. May be called twice."""
        with self._stopping:
            loop, self._loop = self._loop, None
            if loop is None:
                return
            stopping = asyncio.run_coroutine_threadsafe(self._stop(patience_s), loop)
            try:
                stopping.result(patience_s + STOP_S)
            except TimeoutError:
                log.warning("worker_stopped_late", why="the database did not answer")
            loop.call_soon_threadsafe(loop.stop)

    @property
    def _dispatcher(self) -> CalledDispatcher:
        if self._container is None:
            raise StartError("The worker has not started.")
        dispatcher = self._container.ai.dispatcher
        assert isinstance(dispatcher, CalledDispatcher)  # noqa: S101 - build_worker made it
        return dispatcher

    async def _start(self) -> None:
        container = build_worker(self._settings)
        await container.start()
        self._container = container

    async def _stop(self, patience_s: float) -> None:
        if self._container is not None:
            await self._dispatcher.settle(patience_s)
            await self._container.stop()

    def _soon(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        loop = self._loop
        if loop is None:
            work.close()
            raise StartError("The worker has stopped.")
        return asyncio.run_coroutine_threadsafe(work, loop)
