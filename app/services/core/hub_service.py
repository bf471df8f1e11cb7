"""What the hub reads of its groups, each time in one snapshot."""

from collections.abc import Collection

import msgspec
from sqlalchemy.orm import Session

from app.repositories.batch import GroupStates
from app.repositories.group_member_repository import GroupMemberRepository
from app.repositories.group_repository import GroupRepository
from app.services.core.message_service import MessageService
from app.services.core.records import Membership, MessageRecord
from app.services.core.translate import membership


class Stretch(msgspec.Struct, frozen=True):
    """Messages that follow each other, and how often the group's members have changed by now."""

    messages: list[MessageRecord]
    member_changes: int


class HubService:
    """For connections whose memberships the hub has checked, or is about to."""

    def __init__(self, db: Session) -> None:
        self._groups = GroupRepository(db)
        self._members = GroupMemberRepository(db)
        self._messages = MessageService(db)

    def between(self, group_id: str, after: int, before: int) -> Stretch:
        """Oldest first, bounds excluded."""
        messages = self._messages.between(group_id, after, before)
        _, member_changes = self._groups.states([group_id]).get(group_id, (0, 0))
        return Stretch(messages, member_changes)

    def states(self, group_ids: Collection[str]) -> GroupStates:
        return self._groups.states(group_ids)

    def memberships(self, user_ids: Collection[str]) -> dict[str, list[Membership]]:
        found: dict[str, list[Membership]] = {user_id: [] for user_id in user_ids}
        for group, user_id, role in self._members.memberships_of(user_ids):
            found[user_id].append(membership(group, role))
        return found
