"""One claimed record from question to end. The same for every dispatcher."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.config import AISettings
from app.db.session import AsyncDoor
from app.errors import AIServiceFailed, AppError, DatabaseUnavailable, InternalError
from app.services.ai.ai_interaction_service import AIInteractionService
from app.services.ai.client import AIServiceClient, Reply
from app.services.ai.records import Job, Question

log = structlog.get_logger(__name__)

STORE_ATTEMPTS = 3
STORE_PAUSE_S = 0.5


class AIWorker:
    """`owner` names this process in leases."""

    def __init__(
        self, door: AsyncDoor, client: AIServiceClient, settings: AISettings, owner: str
    ) -> None:
        self._door = door
        self._client = client
        self._settings = settings
        self.owner = owner

    async def process(self, job: Job) -> None:
        """Ends in a stored reply or a recorded failure; never raises but for cancellation. Where
        the database cannot be reached, the lease runs out and the record is taken up again."""
        began = time.monotonic()
        try:
            question, reply = await self._ask(job)
        except DatabaseUnavailable:
            log.warning("ai_job_put_off", record_id=job.record_id, why="database unavailable")
        except AppError as error:
            await self._fail(job, error, began)
        except Exception:
            log.exception("ai_job_crashed", record_id=job.record_id)
            await self._fail(job, InternalError(), began)
        else:
            await self._succeed(job, question, reply)

    async def _ask(self, job: Job) -> tuple[Question, Reply]:
        if job.attempts > self._settings.ai_max_attempts:
            tries = self._settings.ai_max_attempts
            raise AIServiceFailed(f"Given up: {tries} attempts ended with this process.")
        question = await self._door.read(
            lambda db: AIInteractionService(db).question(job, self._settings)
        )
        return question, await self._client.ask(question, job.record_id)

    async def _succeed(self, job: Job, question: Question, reply: Reply) -> None:
        def store(db: Session) -> bool:
            service = AIInteractionService(db)
            return service.succeed(job, self.owner, question, reply.text, reply.duration_ms)

        stored = await self._store(job, store)
        log.info(
            "ai_reply", record_id=job.record_id, group_id=job.group_id, stored=stored,
            duration_ms=reply.duration_ms, length=len(reply.text),
        )  # fmt: skip

    async def _fail(self, job: Job, error: AppError, began: float) -> None:
        duration_ms = round((time.monotonic() - began) * 1000)
        await self._store(
            job, lambda db: AIInteractionService(db).fail(job, self.owner, error, duration_ms)
        )
        log.warning(
            "ai_failed", record_id=job.record_id, group_id=job.group_id, number=error.number,
            duration_ms=duration_ms,
        )  # fmt: skip

    async def _store(self, job: Job, work: Callable[[Session], Any]) -> bool:
        for attempt in range(STORE_ATTEMPTS):
            try:
                return bool(await self._door.run(work))
            except DatabaseUnavailable:
                await asyncio.sleep(STORE_PAUSE_S * (attempt + 1))
            except Exception:
                log.exception("ai_result_not_stored", record_id=job.record_id)
                return False
        log.warning("ai_result_lost", record_id=job.record_id, why="database unavailable")
        return False
