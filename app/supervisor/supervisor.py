"""`im serve --workers N`: the parent. It holds the sockets and serves nobody.

Each child has a socket of its own (SO_REUSEPORT). On one that all listen on, whoever wakes first
takes what waits: of 200 connections at once 179 came to one of two children, now about half do.
"""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping

import structlog

from app.supervisor.child import Child
from app.supervisor.slot import Slot

log = structlog.get_logger(__name__)

MOST_FAILURES = 5

StartChild = Callable[[int, Mapping[str, str]], Awaitable[Child]]
"""On a socket, with what its environment has besides."""


class Supervisor:
    def __init__(
        self,
        bind: Callable[[], socket.socket],
        count: int,
        env: Mapping[str, str],
        on_ready: Callable[[], None],
        start: StartChild = Child.start,
    ) -> None:
        self._env, self._on_ready, self._start_child = env, on_ready, start
        self._children: set[Child] = set()
        self._slots = [Slot(bind, self._start) for _ in range(count)]
        self._over = asyncio.Event()
        self._restart = asyncio.Event()
        self.exit_code = 0
        self.problem = ""
        """What the children have not said themselves."""

    async def run(self) -> None:
        self._hear()
        work = asyncio.create_task(self._serve())
        over = asyncio.create_task(self._over.wait())
        await asyncio.wait({work, over}, return_when=asyncio.FIRST_COMPLETED)
        for task in (work, over):
            task.cancel()
        ended = await asyncio.gather(work, over, return_exceptions=True)
        for slot in self._slots:
            slot.close()
        await asyncio.gather(*(child.stop() for child in self._children))
        if isinstance(ended[0], Exception):
            raise ended[0]

    def _hear(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._restart.set)

    def _stop(self) -> None:
        if self._over.is_set():  # asked for the second time
            self.exit_code = 1
            for child in self._children:
                child.kill()
        self._over.set()

    async def _start(self, listening: int) -> Child:
        self._children = {child for child in self._children if child.exit_code is None}
        child = await self._start_child(listening, self._env)
        self._children.add(child)
        return child

    async def _serve(self) -> None:
        """The first child alone, since it checks what all would find: what is wrong it says once,
        and its exit code is that of all."""
        first, *others = self._slots
        if not await first.fill():
            self._not_started(first)
            return
        self._on_ready()
        await asyncio.gather(*(slot.fill() for slot in others))
        async with asyncio.TaskGroup() as tasks:
            for slot in self._slots:
                tasks.create_task(slot.keep(self._check))
            tasks.create_task(self._restarting())

    def _not_started(self, slot: Slot) -> None:
        code = slot.exit_code
        self.exit_code = max(code or 0, 1)
        if code is None or code <= 0:
            self.problem = f"WORKERS: the first process was not ready; it ended with {code}"

    def _check(self) -> None:
        """While one of them serves, it is worth trying on."""
        failures = sum(slot.failures for slot in self._slots)
        if failures < MOST_FAILURES or any(slot.child for slot in self._slots):
            return
        self.exit_code = 1
        self.problem = f"WORKERS: no process could be started, {failures} times in a row"
        self._over.set()

    async def _restarting(self) -> None:
        """One after the other, as often as it is asked for. The environment is as it was; `.env`
        is read anew."""
        while True:
            await self._restart.wait()
            self._restart.clear()
            for slot in self._slots:
                if not await slot.replace():
                    log.error("restart_given_up")
                    break
            else:
                log.info("restarted", processes=len(self._slots))
