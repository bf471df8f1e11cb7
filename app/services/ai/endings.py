"""How a job may end, and what its record then says."""

from datetime import timedelta
from typing import Any

import msgspec

from app.errors import AppError
from app.models.enums import MessageType, RecordStatus
from app.models.user import AI_ASSISTANT_ID
from app.services.ai.calls import Answer
from app.services.ai.records import AIReplyFailed, Asked, Job
from app.services.core.records import SendCommand
from app.utils.clock import utc_now

MAX_ERROR = 500


class Answered(msgspec.Struct, frozen=True):
    job: Job
    asked: Asked
    answer: Answer

    @property
    def command(self) -> SendCommand:
        return SendCommand(
            group_id=self.job.group_id,
            from_user_id=AI_ASSISTANT_ID,
            content=self.answer.text,
            msg_type=MessageType.AI_REPLY,
            reply_to_message_id=self.job.user_message_id,
            finish_reason=self.answer.finish_reason,
            by_system=True,
        )

    def values(self, most_chars: int) -> dict[str, Any]:
        """But for the reply's message_id. What was asked and answered is kept up to a bound."""
        answer = self.answer
        kept = {"reply": answer.text, "finish_reason": answer.finish_reason}
        return {
            "status": RecordStatus.SUCCESS,
            "duration_ms": answer.duration_ms,
            "ai_service_url": answer.service_url,
            "error_number": None,
            "error_message": None,
            "request_content": _json(self.asked.question, most_chars),
            "response_content": _json(kept, most_chars),
        }


class Failed(msgspec.Struct, frozen=True):
    """`asked` only where it came to a question; `service_url` is of the service that failed, or
    would have been asked."""

    job: Job
    error: AppError
    duration_ms: int
    service_url: str
    asked: Asked | None = None

    @property
    def events(self) -> list[AIReplyFailed]:
        error = self.error
        return [
            AIReplyFailed(
                self.job.group_id, promise.user_message_id, promise.record_id,
                error.code, error.number, error.message,
            )
            for promise in self.job.promises
        ]  # fmt: skip

    def values(self, most_chars: int) -> dict[str, Any]:
        return {
            "status": RecordStatus.FAILED,
            "duration_ms": self.duration_ms,
            "ai_service_url": self.service_url,
            "error_number": self.error.number,
            "error_message": self.error.message[:MAX_ERROR],
            "request_content": _json(self.asked.question, most_chars) if self.asked else None,
        }


class PutOff(msgspec.Struct, frozen=True):
    """Another attempt, not before `delay_s`; until then the group's next messages wait as well."""

    job: Job
    error: AppError
    delay_s: float

    def values(self, most_chars: int) -> dict[str, Any]:  # noqa: ARG002 - as the others have it
        return {
            "next_attempt_at": utc_now() + timedelta(seconds=self.delay_s),
            "error_number": self.error.number,
            "error_message": self.error.message[:MAX_ERROR],
        }


Ending = Answered | Failed | PutOff


def _json(what: object, most_chars: int) -> str:
    return msgspec.json.encode(what).decode()[:most_chars]
