"""Several jobs end in one transaction, each only where its lease is still held."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.config import AISettings
from app.db import outbox
from app.errors import AIUnavailable, AppError
from app.models.enums import RecordStatus
from app.repositories.ai_talk_repository import AITalkRepository
from app.repositories.ai_work_repository import AIWorkRepository
from app.repositories.batch import GroupStates, batch_statements
from app.services.ai.endings import Answered, Ending, Failed, PutOff
from app.services.ai.message_router_service import check_may_speak
from app.services.ai.records import WorkWaits
from app.services.core.message_service import MessageService

Held = Mapping[str, Row[Any]]
"""Records whose leases are this process's, by record_id."""


class AIEndingService:
    """`owner` names this process in leases."""

    def __init__(self, db: Session, settings: AISettings, owner: str) -> None:
        self._db = db
        self._settings = settings
        self._owner = owner
        self._talk = AITalkRepository(db)
        self._work = AIWorkRepository(db)

    def end(self, endings: Sequence[Ending]) -> list[Ending | None]:
        """What each has come to: None, and nothing stored, where the lease was lost: somebody else
        answers or has answered. A reply that comes too late, since a doctor has written meanwhile,
        comes to Failed. Raises what MessageService does where a group was deleted by hand."""
        group_ids = {one.job.group_id for one in endings}
        states = batch_statements(self._db).lock_states(group_ids)
        held = self._held([record_id for one in endings for record_id in one.job.record_ids])
        ended = [self._judged(one, held) if one.job.record_id in held else None for one in endings]
        done = [one for one in ended if one is not None]
        self._record(done, held, states)
        if any(self._leaves_work(one, held) for one in done):
            outbox.record(self._db, WorkWaits())
        return ended

    def _held(self, record_ids: Sequence[str]) -> Held:
        return {
            record_id: row
            for record_id, row in self._talk.standing(record_ids).items()
            if row.status == RecordStatus.IN_PROGRESS and row.lease_owner == self._owner
        }

    def _judged(self, ending: Ending, held: Held) -> Ending:
        if not isinstance(ending, Answered):
            return ending
        rows, handoff_s = _rows_of(ending, held), self._settings.ai_handoff_seconds
        try:
            check_may_speak(rows, called=ending.asked.called, handoff_s=handoff_s)
        except AIUnavailable as error:
            answer = ending.answer
            return Failed(ending.job, error, answer.duration_ms, answer.service_url, ending.asked)
        return ending

    def _leaves_work(self, ending: Ending, held: Held) -> bool:
        """In its group."""
        rows = _rows_of(ending, held)
        return isinstance(ending, PutOff) or rows[0].unfinished > len(rows)

    def _record(self, ended: Sequence[Ending], held: Held, states: GroupStates) -> None:
        replies = self._speak([one for one in ended if isinstance(one, Answered)], states)
        for kind in (Answered, Failed, PutOff):
            self._work.end(
                [
                    {"row_id": row.id, **self._values(one, replies)}
                    for one in ended
                    if isinstance(one, kind)
                    for row in _rows_of(one, held)
                ]
            )
        for event in (e for one in ended if isinstance(one, Failed) for e in one.events):
            outbox.record(self._db, event)

    def _values(self, ending: Ending, replies: Mapping[str, str]) -> dict[str, Any]:
        values = ending.values(self._settings.ai_max_kept_chars)
        if isinstance(ending, Answered):
            values["ai_message_id"] = replies[ending.job.record_id]
        return values

    def _speak(self, answered: Sequence[Answered], states: GroupStates) -> dict[str, str]:
        """Gives each job's record_id the message_id of its reply."""
        if not answered:
            return {}
        replies = {}
        stored = MessageService(self._db).send_batch([one.command for one in answered], states)
        for one, result in zip(answered, stored, strict=True):
            if isinstance(result, AppError):
                raise result
            replies[one.job.record_id] = result.message_id
        return replies


def _rows_of(ending: Ending, held: Held) -> list[Row[Any]]:
    return [held[one] for one in ending.job.record_ids if one in held]
