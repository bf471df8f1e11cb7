"""What the external service is to be asked for a job."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.config import AISettings
from app.errors import AIUnavailable, AppError, MessageNotFound
from app.repositories.ai_talk_repository import AITalkRepository
from app.services.ai.conversation import bounded_history
from app.services.ai.message_router_service import calls_ai, check_may_speak
from app.services.ai.records import Asked, Job, Question


class AIQuestionService:
    def __init__(self, db: Session, settings: AISettings) -> None:
        self._talk = AITalkRepository(db)
        self._settings = settings

    def questions(self, jobs: Sequence[Job]) -> list[Asked | AppError]:
        """One result for each job: MessageNotFound where somebody has deleted the patient's message
        by hand, AIUnavailable where the AI is to keep silent."""
        rows = self._talk.asked([one for job in jobs for one in job.record_ids])
        found: list[Asked | AppError] = []
        for job in jobs:
            said = [rows[record_id] for record_id in job.record_ids if record_id in rows]
            try:
                found.append(self._asked(job, said))
            except AppError as error:
                found.append(error)
        return found

    def _asked(self, job: Job, said: Sequence[Row[Any]]) -> Asked:
        if not said:
            raise MessageNotFound
        first, called = said[0], any(calls_ai(one.msg_content, one.replied_type) for one in said)
        check_may_speak(said, called=called, handoff_s=self._settings.ai_handoff_seconds)
        self._check_turns(first.ai_turns)
        text = "\n\n".join(one.msg_content for one in said)
        history = bounded_history(
            self._talk.history(job.group_id, first.seq, self._settings.ai_history_messages),
            self._settings.ai_history_chars,
        )
        question = Question(
            text, history, job.group_id, job.user_message_id, self._settings.ai_stream
        )
        return Asked(question, first.from_user_id, first.ai_mode, called)

    def _check_turns(self, turns: int | None) -> None:
        most = self._settings.ai_max_turns
        if turns is not None and turns >= most:
            raise AIUnavailable(f"The AI has spoken {turns} times without anybody in between.")
