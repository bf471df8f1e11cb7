"""One claimed record from question to end. The same for every dispatcher."""

import asyncio
import time
from collections.abc import Sequence
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
)
from app.services.ai.again import pause_before_next
from app.services.ai.ai_interaction_service import AIInteractionService
from app.services.ai.calls import AICaller, Answer
from app.services.ai.ending_log import log_ending
from app.services.ai.ending_service import AIEndingService
from app.services.ai.endings import Answered, Ending, Failed, PutOff
from app.services.ai.question_service import AIQuestionService
from app.services.ai.records import Asked, Job
from app.services.ai.streams import LiveReply, Streams
from app.utils.rounds import Rounds

log = structlog.get_logger(__name__)

STORE_ATTEMPTS = 3
STORE_PAUSE_S = 0.5
TOGETHER = 64
"""Jobs whose questions are read, or whose ends are stored, at one go."""


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
        self._owner = owner
        self._questions: Rounds[Job, Asked] = Rounds(
            self._read_questions, most=TOGETHER, shared=DatabaseUnavailable
        )
        self._endings: Rounds[Ending, Ending | None] = Rounds(
            self._store_endings, most=TOGETHER, shared=DatabaseUnavailable
        )

    def service(self, db: Session) -> AIInteractionService:
        return AIInteractionService(db, self._settings, self._owner)

    async def process(self, job: Job) -> None:
        """Ends in a stored reply, a recorded failure, or another attempt later; never raises but
        for cancellation. Where the database cannot be reached, the lease runs out and the record is
        taken up again."""
        began = time.monotonic()
        live = self._streams.open(job, self._caller.public_url)
        try:
            ending: Ending = await self._answer(job, live)
        except DatabaseUnavailable:
            log.warning("ai_job_put_off", record_id=job.record_id, why="database unavailable")
            self._streams.close(live)
            return
        except AppError as error:
            ending = self._ending_by(job, live, error, began)
        except Exception:
            log.exception("ai_job_crashed", record_id=job.record_id)
            ending = self._ending_by(job, live, InternalError(), began)
        await self._end(ending, live)

    async def _answer(self, job: Job, live: LiveReply) -> Answered:
        if job.attempts > self._settings.ai_max_attempts:
            tries = self._settings.ai_max_attempts
            raise AIServiceFailed(f"Given up: {tries} attempts ended with this process.")
        asked = await self._questions.do(job)
        live.begin(asked)
        answer = await self._ask(job, asked, live)
        live.conclude(answer.text)
        return Answered(job, asked, answer)

    async def _ask(self, job: Job, asked: Asked, live: LiveReply) -> Answer:
        """Until the AI has said everything, or somebody has stopped it."""
        if live.ended.done() and (why := live.ended.result()) is not None:
            raise why
        began = time.monotonic()
        asking = asyncio.create_task(
            self._caller.ask(asked.question, job.record_id, live.heard, live.asks)
        )
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
        return Answer(live.text, "stopped", duration_ms, live.service_url)

    def _ending_by(self, job: Job, live: LiveReply, error: AppError, began: float) -> Ending:
        delay_s = pause_before_next(error, job.attempts, self._settings)
        if delay_s is not None:
            return PutOff(job, error, delay_s)
        duration_ms = round((time.monotonic() - began) * 1000)
        return Failed(job, error, duration_ms, live.service_url, live.asked)

    async def _end(self, ending: Ending, live: LiveReply) -> None:
        """A reply that is put off stays open: the next attempt goes on with it. Any other falls
        silent first, since its end may be heard before it is known here."""
        if isinstance(ending, PutOff):
            live.reset()
            live.put_off = True
        else:
            live.silence()
        ended = await self._stored(ending)
        log_ending(ending, ended)
        if not isinstance(ended, PutOff):
            self._streams.close(live)

    async def forget_strays(self) -> None:
        """Replies that were put off here, and which another process has taken up or ended since."""
        waiting = {live.job.record_id: live for live in self._streams.put_off}
        if waiting:
            strays = await self._door.read(lambda db: self.service(db).strays(list(waiting)))
            for live in (waiting[record_id] for record_id in strays):
                if live.put_off:
                    self._streams.close(live)

    async def _stored(self, ending: Ending) -> Ending | None:
        """What it has come to; None: the lease was lost, or will run out."""
        for attempt in range(STORE_ATTEMPTS):
            try:
                return await self._endings.do(ending)
            except DatabaseUnavailable:
                await asyncio.sleep(STORE_PAUSE_S * (attempt + 1))
            except AppError as error:  # the group or the message was deleted by hand
                ending = Failed(ending.job, error, 0, self._caller.public_url)
            except Exception:
                log.exception("ai_result_not_stored", record_id=ending.job.record_id)
                return None
        log.warning("ai_result_lost", record_id=ending.job.record_id, why="database unavailable")
        return None

    async def _read_questions(self, jobs: Sequence[Job]) -> Sequence[Asked | AppError]:
        return await self._door.read(
            lambda db: AIQuestionService(db, self._settings).questions(jobs)
        )

    async def _store_endings(self, endings: Sequence[Ending]) -> Sequence[Ending | None]:
        return await self._door.run(
            lambda db: AIEndingService(db, self._settings, self._owner).end(endings)
        )
