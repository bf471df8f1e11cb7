from collections.abc import Collection, Sequence
from typing import Protocol, overload

from sqlalchemy import Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from app.models.enums import MessageType, UserRole
from app.models.group import session_group_id
from app.models.message import Message
from app.models.tables import MESSAGES
from app.repositories.batch import batch_statements
from app.repositories.group_member_repository import GroupMemberRepository
from app.repositories.group_repository import GroupRepository
from app.repositories.session_repository import SessionRepository
from app.utils.clock import utc_now
from app.utils.id_generator import generate_message_id

RANGES_AT_ONCE = 100
_EXISTING = select(MESSAGES.c.message_id, MESSAGES.c.group_id).where(
    MESSAGES.c.message_id.in_(bindparam("message_ids", expanding=True))
)


class NewMessage(Protocol):
    """What `app.schemas.message.MessageCreate` is, seen from below."""

    @property
    def group_id(self) -> str | None: ...
    @property
    def session_id(self) -> str | None: ...
    @property
    def msg_type(self) -> str: ...
    @property
    def content(self) -> str: ...


class MessageRepository:
    def __init__(self, db: Session) -> None:
        self._db = db

    @overload
    def create(
        self, message: str, group_id: str, from_user_id: str, msg_type: str, msg_content: str, /
    ) -> Message: ...
    @overload
    def create(self, message: NewMessage, from_user_id: str, /) -> Message: ...
    def create(self, message: str | NewMessage, *args: str) -> Message:
        """For scripts: one message, by its message_id and fields, or by v1's MessageCreate, which
        opens the session it names. The service sends through MessageService."""
        if isinstance(message, str):
            group_id, sender, msg_type, content = args
            return self._append(message, group_id, sender, msg_type, content)
        (sender,) = args
        group_id, message_id = self._group_of(message), generate_message_id()
        return self._append(message_id, group_id, sender, message.msg_type, message.content)

    def _group_of(self, message: NewMessage) -> str:
        if message.session_id is None:
            return message.group_id or ""
        SessionRepository(self._db).open(message.session_id)
        return session_group_id(message.session_id)

    def _append(
        self, message_id: str, group_id: str, sender: str, msg_type: str, content: str
    ) -> Message:
        statements = batch_statements(self._db)
        seq = statements.lock_states([group_id])[group_id][0] + 1
        member = GroupMemberRepository(self._db).get_member(group_id, sender)
        message = Message(
            message_id=message_id, group_id=group_id, seq=seq, from_user_id=sender,
            user_role=member.user_role if member else UserRole.PATIENT,
            msg_type=MessageType(msg_type), msg_content=content,
        )  # fmt: skip
        self._db.add(message)
        statements.advance_heads({group_id: seq}, utc_now())
        self._db.flush()
        return message

    def get_by_id(self, message_id: str) -> Message | None:
        return self._db.scalar(select(Message).where(Message.message_id == message_id))

    def existing(self, message_ids: Collection[str]) -> set[tuple[str, str]]:
        """Those of the message_ids that are stored, each with its group_id."""
        rows = self._db.connection().execute(_EXISTING, {"message_ids": list(message_ids)})
        return {(message_id, group_id) for message_id, group_id in rows}

    def get_by_group(self, group_id: str, page: int, page_size: int) -> tuple[list[Message], int]:
        """Newest first, with the group's total. Since `seq` has no gaps, a page is a range of it,
        and the last page costs what the first does."""
        total = GroupRepository(self._db).head(group_id)
        newest = total - (page - 1) * page_size
        rows = self.between(group_id, newest - page_size, newest + 1)
        return list(reversed(rows)), total

    def get_by_session(
        self, session_id: str, page: int, page_size: int
    ) -> tuple[list[Message], int]:
        return self.get_by_group(session_group_id(session_id), page, page_size)

    def before(self, group_id: str, seq: int, limit: int) -> list[Message]:
        """Newest first."""
        query = self._of(group_id).where(Message.seq < seq).order_by(Message.seq.desc())
        return list(self._db.scalars(query.limit(limit)))

    def after(self, group_id: str, seq: int, limit: int) -> list[Message]:
        """Oldest first."""
        query = self._of(group_id).where(Message.seq > seq).order_by(Message.seq)
        return list(self._db.scalars(query.limit(limit)))

    def between(self, group_id: str, after: int, before: int) -> list[Message]:
        query = self._of(group_id).where(Message.seq > after, Message.seq < before)
        return list(self._db.scalars(query.order_by(Message.seq)))

    def in_ranges(self, ranges: Sequence[tuple[str, int, int]]) -> list[Message]:
        """Of each (group_id, after, up_to) the messages after the first `seq`, up to the second,
        in order of groups and `seq`. One statement for every RANGES_AT_ONCE of them."""
        found: list[Message] = []
        for start in range(0, len(ranges), RANGES_AT_ONCE):
            wanted = (
                and_(Message.group_id == group_id, Message.seq > after, Message.seq <= up_to)
                for group_id, after, up_to in ranges[start : start + RANGES_AT_ONCE]
            )
            query = select(Message).where(or_(*wanted)).order_by(Message.group_id, Message.seq)
            found += self._db.scalars(query)
        return found

    @staticmethod
    def _of(group_id: str) -> Select[Message]:
        return select(Message).where(Message.group_id == group_id)
