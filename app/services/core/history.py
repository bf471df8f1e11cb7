"""Reading what was said. Messages never change and their `seq` has no gaps: who knows a group's
head knows which messages a page has. So a copy of the database may give them, and what it lacks is
missed at once, whichever instance has stored it. Who may read, and what the head is, only the
primary says."""

import msgspec
from sqlalchemy.orm import Session

from app.db.replica import Replica
from app.db.session import AsyncDoor
from app.errors import GroupNotFound, MessageNotFound
from app.repositories.message_repository import MessageRepository
from app.services.core.access import Caller, access_group
from app.services.core.message_service import MessageService
from app.services.core.records import MessageRecord
from app.services.core.translate import message_record

Messages = tuple[list[MessageRecord], int]
"""With the group's total."""


class Span(msgspec.Struct, frozen=True):
    """Messages after one `seq` and before another, bounds excluded."""

    group_id: str
    after: int
    before: int
    total: int
    newest_first: bool = True

    @property
    def count(self) -> int:
        return max(0, self.before - self.after - 1)


class Position(msgspec.Struct, frozen=True):
    """A page, or up to `limit` messages before or after a `seq`."""

    limit: int
    page: int = 1
    before: int | None = None
    after: int | None = None

    def in_group(self, group_id: str, head: int) -> Span:
        if self.after is not None:
            last = min(self.after + self.limit, head)
            return Span(group_id, self.after, last + 1, head, newest_first=False)
        newest = head - (self.page - 1) * self.limit
        if self.before is not None:
            newest = min(self.before - 1, head)
        return Span(group_id, max(0, newest - self.limit), newest + 1, head)


class History:
    def __init__(self, primary: AsyncDoor, replica: Replica | None) -> None:
        self._primary = primary
        self._replica = replica

    async def messages(self, group_id: str, position: Position, caller: Caller) -> Messages:
        """Raises GroupNotFound."""
        if self._replica is not None and self._replica.usable:
            span = await self._primary.read(lambda db: _span(db, group_id, position, caller))
            found = await self._replica.read(lambda db: _within(db, span))
            if found is not None and len(found) == span.count:
                return found, span.total

        def whole(db: Session) -> Messages:
            span = _span(db, group_id, position, caller)
            return _within(db, span), span.total

        return await self._primary.read(whole)

    async def message(self, message_id: str, caller: Caller) -> MessageRecord:
        """Raises MessageNotFound."""
        found = None
        if self._replica is not None:
            found = await self._replica.read(lambda db: _one(db, message_id))
        if found is None:
            return await self._primary.read(
                lambda db: MessageService(db).get_message(message_id, caller)
            )
        group_id = found.group_id
        try:
            await self._primary.read(lambda db: access_group(db, group_id, caller))
        except GroupNotFound:
            raise MessageNotFound from None
        return found


def _span(db: Session, group_id: str, position: Position, caller: Caller) -> Span:
    return position.in_group(group_id, access_group(db, group_id, caller).last_seq)


def _within(db: Session, span: Span) -> list[MessageRecord]:
    found = MessageService(db).between(span.group_id, span.after, span.before)
    return found[::-1] if span.newest_first else found


def _one(db: Session, message_id: str) -> MessageRecord | None:
    found = MessageRepository(db).get_by_id(message_id)
    return None if found is None else message_record(found)
