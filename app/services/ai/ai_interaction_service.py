"""Use cases on interaction records, each inside one transaction; the call itself is elsewhere."""

from collections.abc import Collection, Sequence
from datetime import timedelta

import msgspec
from sqlalchemy.orm import Session

from app.config import AISettings
from app.db import outbox
from app.errors import AppError, MessageNotFound
from app.models.ai_interaction_record import AIInteractionRecord
from app.models.enums import MessageType, RecordStatus
from app.models.group import session_of
from app.models.user import AI_ASSISTANT_ID
from app.repositories.ai_interaction_repository import AIInteractionRepository
from app.repositories.message_repository import MessageRepository
from app.services.ai.conversation import bounded_history
from app.services.ai.message_router_service import is_for_ai
from app.services.ai.records import AIReplyFailed, InteractionRecord, Job, Question
from app.services.core.access import Caller, access_group
from app.services.core.message_service import MessageService
from app.services.core.records import MessageRecord, SendCommand
from app.utils.clock import utc_now
from app.utils.id_generator import generate_record_id

MAX_ERROR = 500


class AIInteractionService:
    def __init__(self, db: Session) -> None:
        self._db = db
        self._records = AIInteractionRepository(db)

    def record_patient_messages(self, messages: Sequence[MessageRecord], service_url: str) -> None:
        """In the sender's transaction: the message and the promise of an answer are one."""
        rows = [
            {
                "record_id": generate_record_id(),
                "group_id": message.group_id,
                "user_message_id": message.message_id,
                "ai_service_url": service_url,
            }
            for message in messages
            if is_for_ai(message)
        ]
        if rows:
            self._records.insert_many(rows)

    def claim(
        self, owner: str, lease_s: float, limit: int, running: Collection[str] = ()
    ) -> list[Job]:
        now = utc_now()
        until = now + timedelta(seconds=lease_s)
        records = self._records.claim(owner, now, until, limit, running)
        return [Job(r.record_id, r.group_id, r.user_message_id, r.attempts) for r in records]

    def renew(self, owner: str, record_ids: Sequence[str], lease_s: float) -> None:
        self._records.renew(owner, record_ids, utc_now() + timedelta(seconds=lease_s))

    def release(self, owner: str) -> None:
        self._records.release(owner)

    def question(self, job: Job, settings: AISettings) -> Question:
        """Raises MessageNotFound where somebody has deleted the patient's message by hand."""
        messages = MessageRepository(self._db)
        asked = messages.get_by_id(job.user_message_id)
        if asked is None:
            raise MessageNotFound
        before = messages.talk_before(job.group_id, asked.seq, settings.ai_history_messages)
        history = bounded_history(before, settings.ai_history_chars)
        return Question(asked.msg_content, history, job.group_id, job.user_message_id)

    def succeed(
        self, job: Job, owner: str, question: Question, reply: str, duration_ms: int
    ) -> bool:
        """The reply and the record's end in one transaction; False, and nothing stored, where the
        lease was lost: somebody else answers or has answered."""
        ours = self._records.finish(
            job.record_id, owner, status=RecordStatus.SUCCESS, duration_ms=duration_ms,
            request_content=msgspec.json.encode(question).decode(),
            response_content=msgspec.json.encode({"reply": reply}).decode(),
            error_number=None, error_message=None,
        )  # fmt: skip
        if not ours:
            return False
        message = MessageService(self._db).send(
            SendCommand(
                group_id=job.group_id,
                from_user_id=AI_ASSISTANT_ID,
                content=reply,
                msg_type=MessageType.AI_REPLY,
                reply_to_message_id=job.user_message_id,
                finish_reason="complete",
                by_system=True,
            )
        )
        record = self._records.get_by_id(job.record_id)
        assert record is not None  # noqa: S101 - finished a few lines above
        record.ai_message_id = message.message_id
        return True

    def fail(self, job: Job, owner: str, error: AppError, duration_ms: int) -> bool:
        """False where the lease was lost."""
        ours = self._records.finish(
            job.record_id, owner, status=RecordStatus.FAILED, duration_ms=duration_ms,
            error_number=error.number, error_message=error.message[:MAX_ERROR],
        )  # fmt: skip
        if ours:
            outbox.record(
                self._db,
                AIReplyFailed(
                    job.group_id, job.user_message_id, job.record_id,
                    error.code, error.number, error.message,
                ),
            )  # fmt: skip
        return ours

    def get_interactions(
        self, group_id: str, page: int, page_size: int, status: int | None, caller: Caller
    ) -> tuple[list[InteractionRecord], int]:
        """Newest first, with the total. For members of the group."""
        access_group(self._db, group_id, caller)
        rows, total = self._records.get_by_group(group_id, page, page_size, status)
        return [_interaction(row) for row in rows], total


def _interaction(row: AIInteractionRecord) -> InteractionRecord:
    return InteractionRecord(
        row.id, row.record_id, row.group_id, session_of(row.group_id), row.user_message_id,
        row.ai_message_id, row.ai_service_url, row.status, row.attempts, row.duration_ms,
        row.error_number, row.error_message, row.created_at, row.updated_at,
    )  # fmt: skip
