import asyncio
import socket
from collections.abc import Awaitable, Callable

import structlog

from app.supervisor.child import Child

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
"""Who lived this long has not died of its start."""


class Slot:
    """The place of one child. Whoever dies is followed by another.

    Its socket begins to listen when the child is ready. A successor in a rolling restart gets the
    same one, with the connections that wait in it; that of a child that died is closed at once,
    since whoever waits there would wait for the next child.
    """

    def __init__(
        self, bind: Callable[[], socket.socket], start: Callable[[int], Awaitable[Child]]
    ) -> None:
        self._bind, self._start = bind, start
        self._socket: socket.socket | None = None
        self._changing = asyncio.Lock()
        self._deaths = 0
        self.child: Child | None = None
        self.failures = 0
        """Starts in a row that came to nothing."""
        self.exit_code: int | None = None
        """Of the last of them."""

    async def fill(self) -> bool:
        self._socket = self._socket or self._bind()
        child = await self._start(self._socket.fileno())
        if not await child.ready():
            if self.child is None:
                self.close()
            self.failures += 1
            self.exit_code = child.exit_code
            return False
        self.failures = 0
        self.child = child
        log.info("process_ready", pid=child.pid)
        return True

    async def keep(self, on_failure: Callable[[], None]) -> None:
        """For ever."""
        while True:
            child = self.child
            if child is not None:
                await child.ended()
            async with self._changing:
                if self.child is child:  # else it was replaced
                    await self._follow(child)
            if self.child is None:
                log.error("process_not_started", exit_code=self.exit_code)
                on_failure()

    async def _follow(self, dead: Child | None) -> None:
        if dead is not None:
            lived_s = asyncio.get_running_loop().time() - dead.started_at
            self._deaths = 0 if lived_s > STEADY_S else self._deaths
            self.child = None
            self.close()
            await dead.stop()
        pause_s = min(FIRST_PAUSE_S * 2**self._deaths, LONGEST_PAUSE_S)
        self._deaths += 1
        if dead is not None:
            log.error("process_died", pid=dead.pid, exit_code=dead.exit_code, pause_s=pause_s)
        await asyncio.sleep(pause_s)
        await self.fill()

    async def replace(self) -> bool:
        """The new one is ready before the old one is told to end; without a new one it stays."""
        async with self._changing:
            old = self.child
            if not await self.fill():
                return False
        if old is not None:
            await old.stop()
        return True

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
