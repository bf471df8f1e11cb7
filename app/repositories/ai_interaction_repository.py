from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Update, func, insert, or_, select, update
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

    def insert_many(self, rows: Sequence[dict[str, Any]]) -> None:
        self._db.execute(insert(Record), rows)

    def get_by_id(self, record_id: str) -> Record | None:
        return self._db.scalar(select(Record).where(Record.record_id == record_id))

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

    def claim(
        self,
        owner: str,
        now: datetime,
        until: datetime,
        limit: int,
        running: Collection[str] = (),
    ) -> list[Record]:
        """Takes the lease of up to `limit` records: each the oldest unfinished one of its group,
        so that a group has one reply at a time, in the order of its messages. The record_ids in
        `running` are left alone."""
        unfinished = Record.status == RecordStatus.IN_PROGRESS
        oldest = select(func.min(Record.id)).where(unfinished).group_by(Record.group_id)
        free = (
            select(Record)
            .where(
                Record.id.in_(oldest),
                unfinished,
                Record.record_id.not_in(running),
                or_(Record.lease_until.is_(None), Record.lease_until < now),
                or_(Record.next_attempt_at.is_(None), Record.next_attempt_at <= now),
            )
            .order_by(Record.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        records = list(self._db.scalars(free))
        for record in records:
            record.lease_owner, record.lease_until = owner, until
            record.attempts += 1
        self._db.flush()
        return records

    def renew(self, owner: str, record_ids: Collection[str], until: datetime) -> None:
        held = self._held(owner).where(Record.record_id.in_(record_ids))
        self._db.execute(held.values(lease_until=until))

    def release(self, owner: str) -> None:
        """Gives all leases back, so that whoever comes next need not wait for their end."""
        self._db.execute(self._held(owner).values(lease_owner=None, lease_until=None))

    def finish(self, record_id: str, owner: str, **values: Any) -> bool:
        """False where the lease is no longer the owner's: then nothing has changed."""
        done = self._held(owner).where(Record.record_id == record_id)
        done = done.values(lease_owner=None, lease_until=None, **values)
        return self._db.execute(done.returning(Record.id)).first() is not None

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

    @staticmethod
    def _held(owner: str) -> Update:
        return update(Record).where(
            Record.lease_owner == owner, Record.status == RecordStatus.IN_PROGRESS
        )
