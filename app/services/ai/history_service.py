"""What the AI was asked, how it ended, and asking it again: for people, not for the dispatcher."""

from sqlalchemy.orm import Session

from app.errors import Forbidden, GroupNotFound, InteractionNotFound, InvalidParameter
from app.models.ai_interaction_record import AIInteractionRecord
from app.models.enums import RecordStatus, UserRole
from app.models.group import session_of
from app.repositories.ai_interaction_repository import AIInteractionRepository
from app.repositories.group_repository import GroupRepository
from app.repositories.message_repository import MessageRepository
from app.services.ai.records import InteractionRecord
from app.services.core.access import Caller, access_group, role_in


class InteractionHistoryService:
    def __init__(self, db: Session) -> None:
        self._db = db
        self._records = AIInteractionRepository(db)

    def get_interactions(
        self, group_id: str, page: int, page_size: int, status: int | None, caller: Caller
    ) -> tuple[list[InteractionRecord], int]:
        """Newest first, with the total. For members of the group."""
        access_group(self._db, group_id, caller)
        rows, total = self._records.get_by_group(group_id, page, page_size, status)
        return [_interaction(row) for row in rows], total

    def get_interaction(self, record_id: str, caller: Caller) -> InteractionRecord:
        """With what was asked and answered, for the group's doctors. Raises InteractionNotFound."""
        row = self._visible(record_id, caller)
        return _interaction(row, whole=self._is_doctor(row.group_id, caller))

    def retry(self, record_id: str, caller: Caller) -> InteractionRecord:
        """A failed one is pending again, as if it were asked now. By doctors, and by whoever asked.
        Raises InteractionNotFound, Forbidden or InvalidParameter."""
        row = self._visible(record_id, caller)
        if not (self._is_doctor(row.group_id, caller) or self._asked(row, caller)):
            raise Forbidden("Only a doctor of the group, or who asked, may ask again.")
        group = GroupRepository(self._db).lock(row.group_id)
        self._db.refresh(row)
        if group is None or row.status != RecordStatus.FAILED:
            raise InvalidParameter("Only a failed interaction can be tried again.")
        self._records.reopen(row, group.last_seq)
        return _interaction(row)

    def _visible(self, record_id: str, caller: Caller) -> AIInteractionRecord:
        row = self._records.get_by_id(record_id)
        if row is None:
            raise InteractionNotFound
        try:
            access_group(self._db, row.group_id, caller)
        except GroupNotFound:
            raise InteractionNotFound from None
        return row

    def _is_doctor(self, group_id: str, caller: Caller) -> bool:
        return caller.sees_all or role_in(self._db, group_id, caller.user_id) == UserRole.DOCTOR

    def _asked(self, row: AIInteractionRecord, caller: Caller) -> bool:
        message = MessageRepository(self._db).get_by_id(row.user_message_id)
        return message is not None and message.from_user_id == caller.user_id


def _interaction(row: AIInteractionRecord, *, whole: bool = False) -> InteractionRecord:
    return InteractionRecord(
        row.id, row.record_id, row.group_id, session_of(row.group_id), row.user_message_id,
        row.ai_message_id, row.ai_service_url, row.status, row.attempts, row.duration_ms,
        row.error_number, row.error_message, row.created_at, row.updated_at,
        row.request_content if whole else None, row.response_content if whole else None,
    )  # fmt: skip
