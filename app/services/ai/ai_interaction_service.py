"""Use cases on interaction records, each inside one transaction; the call itself is elsewhere."""

from collections.abc import Collection, Sequence
from datetime import timedelta

import msgspec
from sqlalchemy.orm import Session

from app.config import AISettings
from app.db import outbox
from app.errors import AppError, MessageNotFound
from app.models.enums import MessageType, RecordStatus
from app.models.message import Message
from app.models.user import AI_ASSISTANT_ID
from app.repositories.ai_interaction_repository import AIInteractionRepository
from app.repositories.group_repository import GroupRepository
from app.repositories.message_repository import MessageRepository
from app.services.ai.calls import Answer
from app.services.ai.conversation import bounded_history
from app.services.ai.message_router_service import MessageRouterService
from app.services.ai.records import AIReplyFailed, Asked, Job, Promise, Question
from app.services.core.message_service import MessageService
from app.services.core.records import MessageRecord, SendCommand
from app.utils.clock import utc_now
from app.utils.id_generator import generate_record_id

MAX_ERROR = 500


class AIInteractionService:
    def __init__(self, db: Session, settings: AISettings) -> None:
        self._db = db
        self._settings = settings
        self._records = AIInteractionRepository(db)
        self._messages = MessageRepository(db)
        self._router = MessageRouterService(db, settings.ai_handoff_seconds)

    def promise(self, messages: Sequence[MessageRecord], service_url: str) -> None:
        """In the sender's transaction: the message and the promise of an answer are one."""
        begin = utc_now() + timedelta(seconds=self._settings.ai_debounce_seconds)
        rows = [
            {
                "record_id": generate_record_id(),
                "group_id": message.group_id,
                "user_message_id": message.message_id,
                "ai_service_url": service_url,
                "asked_at_seq": message.seq,
                "next_attempt_at": begin if self._settings.ai_debounce_seconds else None,
            }
            for message in self._router.for_ai(messages)
        ]
        if rows:
            self._records.insert_many(rows)

    def claim(self, owner: str, limit: int, running: Collection[str] = ()) -> list[Job]:
        """What may have ended a whole process is tried again by itself."""
        now = utc_now()
        until = now + timedelta(seconds=self._settings.ai_lease_seconds)
        jobs = []
        for record in self._records.claim(owner, now, until, limit, running):
            died = record.attempts > 1 and record.error_number is None
            behind = [] if died else self._records.claim_burst(record, owner, until)
            burst = tuple(Promise(one.record_id, one.user_message_id) for one in behind)
            jobs.append(
                Job(
                    record.record_id, record.group_id, record.user_message_id, record.attempts,
                    burst,
                )
            )  # fmt: skip
        return jobs

    def renew(self, owner: str, record_ids: Sequence[str]) -> None:
        until = utc_now() + timedelta(seconds=self._settings.ai_lease_seconds)
        self._records.renew(owner, record_ids, until)

    def release(self, owner: str) -> None:
        self._records.release(owner)

    def next_due(self) -> float | None:
        """Seconds until work that was put off may be taken up; None where there is none."""
        moment = self._records.next_due()
        return None if moment is None else max(0.0, (moment - utc_now()).total_seconds())

    def question(self, job: Job) -> Asked:
        """Raises MessageNotFound where somebody has deleted the patient's message by hand, and
        AIUnavailable where the AI is to keep silent."""
        said = self._said(job)
        mode = self._router.check_may_speak(said, self._records.asked_at(job.record_ids))
        self._router.check_turns(job.group_id, self._settings.ai_max_turns)
        before = self._messages.talk_before(
            job.group_id, said[0].seq, self._settings.ai_history_messages
        )
        history = bounded_history(before, self._settings.ai_history_chars)
        text = "\n\n".join(message.msg_content for message in said)
        question = Question(
            text, history, job.group_id, job.user_message_id, self._settings.ai_stream
        )
        return Asked(question, said[0].from_user_id, mode)

    def succeed(self, job: Job, owner: str, question: Question, answer: Answer) -> bool:
        """The reply and the record's end in one transaction; False, and nothing stored, where the
        lease was lost: somebody else answers or has answered. Raises AIUnavailable where a doctor
        has written meanwhile."""
        GroupRepository(self._db).lock(job.group_id)
        self._router.check_may_speak(self._said(job), self._records.asked_at(job.record_ids))
        if not self._finish(job, owner, question, answer):
            return False
        message = MessageService(self._db).send(
            SendCommand(
                group_id=job.group_id,
                from_user_id=AI_ASSISTANT_ID,
                content=answer.text,
                msg_type=MessageType.AI_REPLY,
                reply_to_message_id=job.user_message_id,
                finish_reason=answer.finish_reason,
                by_system=True,
            )
        )
        self._records.name_reply(job.record_ids, message.message_id)
        return True

    def fail(self, job: Job, owner: str, error: AppError, duration_ms: int) -> bool:
        """False where the lease was lost."""
        ours = self._records.finish(
            job.record_ids, owner, status=RecordStatus.FAILED, duration_ms=duration_ms,
            error_number=error.number, error_message=error.message[:MAX_ERROR],
        )  # fmt: skip
        for promise in job.promises if ours else ():
            outbox.record(
                self._db,
                AIReplyFailed(
                    job.group_id, promise.user_message_id, promise.record_id,
                    error.code, error.number, error.message,
                ),
            )  # fmt: skip
        return ours

    def put_off(self, job: Job, owner: str, error: AppError, delay_s: float) -> bool:
        """False where the lease was lost. Until then the group's next messages wait as well."""
        return self._records.finish(
            job.record_ids, owner, next_attempt_at=utc_now() + timedelta(seconds=delay_s),
            error_number=error.number, error_message=error.message[:MAX_ERROR],
        )  # fmt: skip

    def _finish(self, job: Job, owner: str, question: Question, answer: Answer) -> bool:
        most = self._settings.ai_max_kept_chars
        kept = {"reply": answer.text, "finish_reason": answer.finish_reason}
        return self._records.finish(
            job.record_ids, owner, status=RecordStatus.SUCCESS, duration_ms=answer.duration_ms,
            request_content=msgspec.json.encode(question).decode()[:most],
            response_content=msgspec.json.encode(kept).decode()[:most],
            ai_service_url=answer.service_url, error_number=None, error_message=None,
        )  # fmt: skip

    def _said(self, job: Job) -> list[Message]:
        found = [self._messages.get_by_id(one.user_message_id) for one in job.promises]
        said = [message for message in found if message is not None]
        if not said:
            raise MessageNotFound
        return said
