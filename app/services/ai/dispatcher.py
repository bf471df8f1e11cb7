"""AI work inside the API process: woken by new messages, swept against whatever was orphaned."""

import asyncio

import structlog

from app.config import AISettings
from app.db.session import AsyncDoor
from app.errors import AppError
from app.services.ai.ai_interaction_service import AIInteractionService
from app.services.ai.records import Job
from app.services.ai.worker import AIWorker

log = structlog.get_logger(__name__)


class LocalDispatcher:
    """Claims as many records as it has free slots, and holds their leases by renewing them; when
    the process dies, they run out, and the next one's sweep takes the records up. Both loops
    outlive whatever goes wrong in one round."""

    def __init__(self, door: AsyncDoor, worker: AIWorker, settings: AISettings) -> None:
        self._door = door
        self._worker = worker
        self._lease_s = settings.ai_lease_seconds
        self._slots = settings.ai_concurrency
        self._running: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def running(self) -> int:
        return len(self._running)

    def start(self) -> None:
        self._wake.set()
        self._tasks = [
            asyncio.create_task(self._claim_for_ever(), name="ai-dispatcher"),
            asyncio.create_task(self._tend(), name="ai-leases"),
        ]

    def wake(self) -> None:
        self._wake.set()

    async def stop(self) -> None:
        """Leaves unfinished work to whoever comes next, at once."""
        tasks = [*self._tasks, *self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._door.run(lambda db: AIInteractionService(db).release(self._worker.owner))
        except AppError:
            log.warning("ai_leases_not_released")

    async def _claim_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            free = self._slots - len(self._running)
            if free > 0:
                await self._claim(free)

    async def _claim(self, free: int) -> None:
        """What runs here already is left out: its lease may have run out unrenewed."""
        owner, lease_s, running = self._worker.owner, self._lease_s, list(self._running)
        try:
            jobs = await self._door.run(
                lambda db: AIInteractionService(db).claim(owner, lease_s, free, running)
            )
        except AppError as error:
            log.warning("ai_claim_failed", number=error.number)
            return
        except Exception:
            log.exception("ai_claim_crashed")
            return
        for job in jobs:
            self._run(job)

    def _run(self, job: Job) -> None:
        task = asyncio.create_task(self._worker.process(job), name=job.record_id)
        self._running[job.record_id] = task
        task.add_done_callback(lambda _: self._finished(job))

    def _finished(self, job: Job) -> None:
        """The group's next record can be claimed now."""
        self._running.pop(job.record_id, None)
        self._wake.set()

    async def _tend(self) -> None:
        """Three times in a lease: renew the leases of what runs, and sweep for orphans."""
        while True:
            await asyncio.sleep(self._lease_s / 3)
            self._wake.set()
            if self._running:
                await self._renew(list(self._running))

    async def _renew(self, held: list[str]) -> None:
        owner, lease_s = self._worker.owner, self._lease_s
        try:
            await self._door.run(lambda db: AIInteractionService(db).renew(owner, held, lease_s))
        except AppError as error:
            log.warning("ai_lease_renewal_failed", number=error.number)
        except Exception:
            log.exception("ai_lease_renewal_crashed")
