from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.ai_interaction_record import AIInteractionRecord as Record
from app.models.enums import RecordStatus


class AIInteractionRepository:
    def __init__(self, db: Session) -> None:
        self._db = db

    def create(
        self,
        record_id: str,
        group_id: str,
        user_message_id: str,
        ai_service_url: str | None,
        request_content: str | None = None,
        status: int = RecordStatus.IN_PROGRESS,
    ) -> Record:
        record = Record(
            record_id=record_id, group_id=group_id, user_message_id=user_message_id,
            ai_service_url=ai_service_url, request_content=request_content, status=status,
        )  # fmt: skip
        self._db.add(record)
        self._db.flush()
        return record

    def get_by_id(self, record_id: str) -> Record | None:
        return self._db.scalar(select(Record).where(Record.record_id == record_id))

    def get_by_message(self, user_message_id: str) -> Record | None:
        return self._db.scalar(select(Record).where(Record.user_message_id == user_message_id))

    def get_by_group(
        self, group_id: str, page: int, page_size: int, status: int | None = None
    ) -> tuple[list[Record], int]:
        """Newest first, with the number of all that match."""
        matching = [Record.group_id == group_id]
        if status is not None:
            matching.append(Record.status == status)
        total = self._db.scalar(select(func.count()).select_from(Record).where(*matching)) or 0
        query = select(Record).where(*matching).order_by(Record.id.desc())
        rows = self._db.scalars(query.limit(page_size).offset((page - 1) * page_size))
        return list(rows), total

    def reopen(self, record: Record, asked_at_seq: int) -> None:
        record.status = RecordStatus.IN_PROGRESS
        record.attempts, record.asked_at_seq = 0, asked_at_seq
        record.next_attempt_at = record.duration_ms = None
        record.error_number = record.error_message = None
        self._db.flush()

    def update_success(
        self, record_id: str, ai_message_id: str, response_content: str, duration_ms: int
    ) -> Record:
        return self._set(
            record_id, status=RecordStatus.SUCCESS, ai_message_id=ai_message_id,
            response_content=response_content, duration_ms=duration_ms,
        )  # fmt: skip

    def update_failed(self, record_id: str, error_message: str) -> Record:
        return self._set(record_id, status=RecordStatus.FAILED, error_message=error_message)

    def _set(self, record_id: str, **values: Any) -> Record:
        record = self._db.scalars(select(Record).where(Record.record_id == record_id)).one()
        for name, value in values.items():
            setattr(record, name, value)
        self._db.flush()
        return record
