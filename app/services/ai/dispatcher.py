"""AI work inside this process: woken by new messages, swept against whatever was orphaned."""

import asyncio
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any, Protocol

import structlog

from app.config import AISettings
from app.db.session import AsyncDoor
from app.errors import AppError
from app.services.ai.records import Job, Waiting
from app.services.ai.worker import AIWorker

log = structlog.get_logger(__name__)

TICK_S = 0.002
"""So that what is due is due by the database's clock as well."""


class Dispatcher(Protocol):
    """`room`: for so many jobs leases may be taken together with the patients' messages."""

    @property
    def room(self) -> int: ...

    @property
    def state(self) -> str:
        """For people: what it does just now."""
        ...

    def start(self) -> None: ...

    def take(self, jobs: Sequence[Job]) -> None:
        """Their leases are this process's already."""

    def wake(self, first: Sequence[Waiting] = ()) -> None:
        """There is something to claim: these, or whatever is found."""

    async def stop(self) -> None: ...


class LocalDispatcher:
    """Works on as many jobs at a time as it has slots: those whose leases came with the patients'
    messages, and those that it claims itself. It holds leases by renewing them; when the process
    dies, they run out, and the next one's sweep takes the records up. Both loops outlive whatever
    goes wrong in one round."""

    def __init__(self, door: AsyncDoor, worker: AIWorker, settings: AISettings) -> None:
        self._door = door
        self._worker = worker
        self._lease_s = settings.ai_lease_seconds
        self._slots = settings.ai_concurrency
        self._free = asyncio.Semaphore(settings.ai_concurrency)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._leases: dict[str, list[str]] = {}
        """Of what runs: a job holds those of a whole burst."""
        self._starved = False
        """There may be more to claim than there were slots."""
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def state(self) -> str:
        return f"{self.running} in work"

    @property
    def room(self) -> int:
        """Free slots. Also asked by database threads, and then soon outdated: what is taken beyond
        them waits for its turn with its lease renewed."""
        return max(0, self._slots - len(self._running))

    def start(self) -> None:
        self._wake.set()
        self._tasks = [
            asyncio.create_task(self._claim_for_ever(), name="ai-dispatcher"),
            asyncio.create_task(self._tend(), name="ai-leases"),
        ]

    def wake(self, first: Sequence[Waiting] = ()) -> None:  # noqa: ARG002 - all is looked at
        self._wake.set()

    def take(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._begin(job, self._in_turn(job))

    async def stop(self) -> None:
        """Leaves unfinished work to whoever comes next, at once."""
        self._wake_in(None)
        tasks = [*self._tasks, *self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._door.run(lambda db: self._worker.service(db).release())
        except AppError:
            log.warning("ai_leases_not_released")

    def _begin(self, job: Job, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work, name=job.record_id)
        self._running[job.record_id] = task
        self._leases[job.record_id] = job.record_ids
        task.add_done_callback(partial(self._finished, job))
        return task

    async def _in_turn(self, job: Job) -> None:
        async with self._free:
            await self._worker.process(job)

    def _finished(self, job: Job, _task: "asyncio.Task[None]") -> None:
        self._running.pop(job.record_id, None)
        self._leases.pop(job.record_id, None)
        if self._starved:
            self._wake.set()

    async def _claim_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            room = self.room
            self._starved = not room or await self._claim(room)

    async def _claim(self, most: int) -> bool:
        """True where there may be more. What runs here already is left out: its lease may have run
        out unrenewed."""
        running = list(self._running)
        try:
            claimed = await self._door.run(lambda db: self._worker.service(db).claim(most, running))
        except AppError as error:
            log.warning("ai_claim_failed", number=error.number)
            return False
        except Exception:
            log.exception("ai_claim_crashed")
            return False
        self.take(claimed.jobs)
        self._wake_in(claimed.due_s)
        return len(claimed.jobs) == most

    def _wake_in(self, due_s: float | None) -> None:
        """For work that is put off: an attempt after a pause, or the end of a burst."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None
        if due_s is not None:
            self._alarm = asyncio.get_running_loop().call_later(due_s + TICK_S, self.wake)

    async def _tend(self) -> None:
        """Three times in a lease: renew the leases of what runs, and sweep for orphans."""
        while True:
            await asyncio.sleep(self._lease_s / 3)
            self._wake.set()
            if self._running:
                await self._renew([one for held in self._leases.values() for one in held])
            await self._forget_strays()

    async def _renew(self, held: list[str]) -> None:
        worker = self._worker
        try:
            await self._door.run(lambda db: worker.service(db).renew(held))
        except AppError as error:
            log.warning("ai_lease_renewal_failed", number=error.number)
        except Exception:
            log.exception("ai_lease_renewal_crashed")

    async def _forget_strays(self) -> None:
        try:
            await self._worker.forget_strays()
        except AppError as error:
            log.warning("ai_strays_not_known", number=error.number)
        except Exception:
            log.exception("ai_strays_crashed")
