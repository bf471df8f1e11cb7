"""AI work in a process that is called for it by name, as Celery calls its workers."""

import asyncio
from collections.abc import Sequence

from app.config import AISettings
from app.db.session import AsyncDoor
from app.errors import DatabaseUnavailable
from app.services.ai.dispatcher import LocalDispatcher
from app.services.ai.records import Claimed, Job
from app.services.ai.worker import AIWorker
from app.utils.rounds import Rounds

TOGETHER = 64
"""Groups whose work is claimed at one go."""


class CalledDispatcher(LocalDispatcher):
    """What nobody calls for, since a call was lost or a reply has left more behind it, it finds as
    the local one does."""

    def __init__(self, door: AsyncDoor, worker: AIWorker, settings: AISettings) -> None:
        super().__init__(door, worker, settings)
        self._closing = False
        self._calls: Rounds[str, Job | None] = Rounds(
            self._claim_in, most=TOGETHER, shared=DatabaseUnavailable
        )

    @property
    def room(self) -> int:
        return 0 if self._closing else super().room

    async def answer(self, group_id: str) -> bool:
        """Takes up what the group has waiting, when a slot is free, and returns at its end; at
        once where it has nothing: it is answered already, put off, or somebody else's. False: left
        undone, since this process ends. Raises DatabaseUnavailable."""
        async with self._free:
            if self._closing:
                return False
            job = await self._calls.do(group_id)
            if job is None:
                return True
            work = self._begin(job, self._worker.process(job))
            await asyncio.wait([work])
            return not work.cancelled()

    async def settle(self, patience_s: float) -> None:
        """Takes up nothing more, and waits so long for what is under way."""
        self._closing = True
        if self._running:
            await asyncio.wait(self._running.values(), timeout=patience_s)

    async def _claim_in(self, groups: Sequence[str]) -> list[Job | None]:
        """What is called for twice is done once."""
        running, most = list(self._running), len(groups)
        claimed: Claimed = await self._door.run(
            lambda db: self._worker.service(db).claim(most, running, groups)
        )
        if claimed.due_s is not None:
            self._wake_in(claimed.due_s)
        jobs = {job.group_id: job for job in claimed.jobs}
        return [jobs.pop(group_id, None) for group_id in groups]
