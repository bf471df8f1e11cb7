from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Update, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.models.ai_interaction_record import AIInteractionRecord as Record
from app.models.enums import RecordStatus
from app.models.message import Message

MAX_BURST = 20


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

    def claim_burst(self, record: Record, owner: str, until: datetime) -> list[Record]:
        """The leases of what the same sender wrote right behind the record's message."""
        query = (
            select(Record, Message.from_user_id)
            .join(Message, Message.message_id == Record.user_message_id)
            .where(
                Record.group_id == record.group_id,
                Record.status == RecordStatus.IN_PROGRESS,
                Record.id >= record.id,
            )
            .order_by(Record.id)
            .limit(MAX_BURST)
        )
        rows = self._db.execute(query).all()
        same = list(takewhile(lambda row: row[1] == rows[0][1], rows))
        for behind, _ in same:
            behind.lease_owner, behind.lease_until = owner, until
        self._db.flush()
        return [behind for behind, _ in same if behind.record_id != record.record_id]

    def next_due(self) -> datetime | None:
        """When the first of what was put off may be taken up."""
        return self._db.scalar(
            select(func.min(Record.next_attempt_at)).where(
                Record.status == RecordStatus.IN_PROGRESS, Record.lease_owner.is_(None)
            )
        )

    def asked_at(self, record_ids: Collection[str]) -> int:
        """The highest `seq` at which the AI was asked one of them."""
        query = select(func.max(Record.asked_at_seq)).where(Record.record_id.in_(record_ids))
        return self._db.scalar(query) or 0

    def renew(self, owner: str, record_ids: Collection[str], until: datetime) -> None:
        held = self._held(owner).where(Record.record_id.in_(record_ids))
        self._db.execute(held.values(lease_until=until))

    def release(self, owner: str) -> None:
        """Gives all leases back, so that whoever comes next need not wait for their end."""
        self._db.execute(self._held(owner).values(lease_owner=None, lease_until=None))

    def finish(self, record_ids: Sequence[str], owner: str, **values: Any) -> bool:
        """Gives the leases back with these values. False where that of the first is no longer the
        owner's: then nothing has changed."""
        for record_id in record_ids:
            done = self._held(owner).where(Record.record_id == record_id)
            done = done.values(lease_owner=None, lease_until=None, **values)
            ours = self._db.execute(done.returning(Record.id)).first() is not None
            if record_id == record_ids[0] and not ours:
                return False
        return True

    def name_reply(self, record_ids: Sequence[str], ai_message_id: str) -> None:
        named = update(Record).where(Record.record_id.in_(record_ids))
        self._db.execute(named.values(ai_message_id=ai_message_id))

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

    @staticmethod
    def _held(owner: str) -> Update:
        return update(Record).where(
            Record.lease_owner == owner, Record.status == RecordStatus.IN_PROGRESS
        )
