"""One claimed record from question to end. The same for every dispatcher."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.config import AISettings
from app.db.session import AsyncDoor
from app.errors import (
    AIServiceFailed,
    AIUnavailable,
    AppError,
    DatabaseUnavailable,
    InternalError,
    Repeatable,
)
from app.models.enums import AIMode
from app.services.ai.ai_interaction_service import AIInteractionService
from app.services.ai.calls import AICaller, Answer
from app.services.ai.records import Asked, Job, Question
from app.services.ai.streams import LiveReply, Streams

log = structlog.get_logger(__name__)

STORE_ATTEMPTS = 3
STORE_PAUSE_S = 0.5


class AIWorker:
    """`owner` names this process in leases."""

    def __init__(
        self,
        door: AsyncDoor,
        caller: AICaller,
        streams: Streams,
        settings: AISettings,
        owner: str,
    ) -> None:
        self._door = door
        self._caller = caller
        self._streams = streams
        self._settings = settings
        self.owner = owner

    def service(self, db: Session) -> AIInteractionService:
        return AIInteractionService(db, self._settings)

    async def process(self, job: Job) -> None:
        """Ends in a stored reply, a recorded failure, or another attempt later; never raises but
        for cancellation. Where the database cannot be reached, the lease runs out and the record is
        taken up again."""
        began = time.monotonic()
        live = self._streams.open(job)
        try:
            await self._answer(job, live)
        except DatabaseUnavailable:
            log.warning("ai_job_put_off", record_id=job.record_id, why="database unavailable")
        except AppError as error:
            if await self._put_off(job, live, error):
                return
            await self._fail(job, error, began)
        except Exception:
            log.exception("ai_job_crashed", record_id=job.record_id)
            await self._fail(job, InternalError(), began)
        self._streams.close(live)

    async def _answer(self, job: Job, live: LiveReply) -> None:
        if job.attempts > self._settings.ai_max_attempts:
            tries = self._settings.ai_max_attempts
            raise AIServiceFailed(f"Given up: {tries} attempts ended with this process.")
        asked = await self._door.read(lambda db: self.service(db).question(job))
        live.asked = asked
        answer = await self._ask(job, asked, live)
        live.conclude(answer.text)
        await self._succeed(job, asked.question, answer)

    async def _ask(self, job: Job, asked: Asked, live: LiveReply) -> Answer:
        """Until the AI has said everything, or somebody has stopped it."""
        began = time.monotonic()
        asking = asyncio.create_task(self._caller.ask(asked.question, job.record_id, live.heard))
        try:
            either: set[asyncio.Future[Any]] = {asking, live.ended}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return asking.result()
        finally:
            asking.cancel()
        if (why := live.ended.result()) is not None:
            raise why
        if not live.text.strip():
            raise AIUnavailable("Stopped before it said anything.")
        duration_ms = round((time.monotonic() - began) * 1000)
        return Answer(live.text, "stopped", duration_ms, self._caller.public_url)

    async def _succeed(self, job: Job, question: Question, answer: Answer) -> None:
        """Raises AIUnavailable where a doctor has written in the meantime."""

        def store(db: Session) -> bool:
            return self.service(db).succeed(job, self.owner, question, answer)

        stored = await self._store(job, store)
        log.info(
            "ai_reply", record_id=job.record_id, group_id=job.group_id, stored=stored,
            duration_ms=answer.duration_ms, length=len(answer.text),
            finish_reason=answer.finish_reason,
        )  # fmt: skip

    async def _put_off(self, job: Job, live: LiveReply, error: AppError) -> bool:
        """False where another attempt is not worth it."""
        again = isinstance(error, Repeatable) and error.worth_repeating
        if not again or job.attempts >= self._settings.ai_max_attempts:
            return False
        live.reset()
        wished_s = error.retry_after_s if isinstance(error, Repeatable) else None
        delay_s = max(self._backoff_s(job.attempts), wished_s or 0.0)
        await self._store(job, lambda db: self.service(db).put_off(job, self.owner, error, delay_s))
        log.warning(
            "ai_attempt_failed", record_id=job.record_id, group_id=job.group_id,
            number=error.number, attempt=job.attempts, again_in_s=round(delay_s, 3),
        )  # fmt: skip
        return True

    def _backoff_s(self, attempts: int) -> float:
        """Full jitter (Brooker, "Exponential Backoff And Jitter", 2015)."""
        longest = self._settings.ai_retry_seconds * 2 ** (attempts - 1)
        return random.uniform(0, min(self._settings.ai_retry_cap_seconds, longest))  # noqa: S311 - no secret

    async def _fail(self, job: Job, error: AppError, began: float) -> None:
        duration_ms = round((time.monotonic() - began) * 1000)

        def store(db: Session) -> bool:
            return self.service(db).fail(job, self.owner, error, duration_ms)

        await self._store(job, store)
        log.warning(
            "ai_failed", record_id=job.record_id, group_id=job.group_id, number=error.number,
            duration_ms=duration_ms,
        )  # fmt: skip

    async def _store(self, job: Job, work: Callable[[Session], Any]) -> bool:
        """Raises AIUnavailable."""
        for attempt in range(STORE_ATTEMPTS):
            try:
                return bool(await self._door.run(work))
            except DatabaseUnavailable:
                await asyncio.sleep(STORE_PAUSE_S * (attempt + 1))
            except AIUnavailable:
                raise
            except Exception:
                log.exception("ai_result_not_stored", record_id=job.record_id)
                return False
        log.warning("ai_result_lost", record_id=job.record_id, why="database unavailable")
        return False


def stops_for_doctors(live: LiveReply) -> bool:
    return live.asked is not None and live.asked.ai_mode == AIMode.AUTO
