from collections.abc import Collection

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.models.group import Group
from app.models.group_member import GroupMember
from app.models.message import Message


class GroupMemberRepository:
    def __init__(self, db: Session) -> None:
        self._db = db

    def add_member(self, group_id: str, user_id: str, user_role: str) -> GroupMember:
        member = GroupMember(group_id=group_id, user_id=user_id, user_role=user_role)
        self._db.add(member)
        self._db.flush()
        self._count_change(group_id)
        return member

    def get_member(self, group_id: str, user_id: str) -> GroupMember | None:
        return self._db.scalar(
            select(GroupMember).where(
                GroupMember.group_id == group_id, GroupMember.user_id == user_id
            )
        )

    def get_members_by_group(self, group_id: str) -> list[GroupMember]:
        """In the order in which they joined."""
        query = select(GroupMember).where(GroupMember.group_id == group_id)
        return list(self._db.scalars(query.order_by(GroupMember.id)))

    def remove_member(self, group_id: str, user_id: str) -> bool:
        its = (GroupMember.group_id == group_id, GroupMember.user_id == user_id)
        gone = self._db.connection().execute(delete(GroupMember).where(*its))
        if not gone.rowcount:
            return False
        self._count_change(group_id)
        return True

    def _count_change(self, group_id: str) -> None:
        """No activity, by which groups are sorted. Objects of the session are brought up to date
        as well."""
        counted = update(Group).where(Group.group_id == group_id)
        self._db.execute(
            counted.values(member_changes=Group.member_changes + 1, updated_at=Group.updated_at)
        )

    def groups_of(self, user_id: str) -> list[tuple[Group, str]]:
        return [(group, role) for group, _, role in self.memberships_of([user_id])]

    def memberships_of(self, user_ids: Collection[str]) -> list[tuple[Group, str, str]]:
        """Each group with one of these users, and the role there."""
        query = (
            select(Group, GroupMember.user_id, GroupMember.user_role)
            .join(GroupMember, GroupMember.group_id == Group.group_id)
            .where(GroupMember.user_id.in_(user_ids))
        )
        return [(group, user_id, role) for group, user_id, role in self._db.execute(query)]

    def heads_of(self, user_id: str, group_ids: Collection[str]) -> dict[str, int]:
        """The last `seq` of those of these groups that the user is a member of."""
        query = (
            select(Group.group_id, Group.last_seq)
            .join(GroupMember, GroupMember.group_id == Group.group_id)
            .where(GroupMember.user_id == user_id, Group.group_id.in_(group_ids))
        )
        return {group_id: head for group_id, head in self._db.execute(query)}  # noqa: C416 - a Row is no pair for dict()

    def latest_groups_of(self, user_id: str) -> list[tuple[Group, str, Message | None]]:
        """Newest activity first, each with its last message."""
        is_last = (Message.group_id == Group.group_id) & (Message.seq == Group.last_seq)
        query = (
            select(Group, GroupMember.user_role, Message)
            .join(GroupMember, GroupMember.group_id == Group.group_id)
            .outerjoin(Message, is_last)
            .where(GroupMember.user_id == user_id)
            .order_by(Group.updated_at.desc(), Group.id.desc())
        )
        return [(group, role, last) for group, role, last in self._db.execute(query)]

    def share_a_group(self, user_id: str, other_id: str) -> bool:
        mine = select(GroupMember.group_id).where(GroupMember.user_id == user_id)
        query = select(GroupMember.id).where(
            GroupMember.user_id == other_id, GroupMember.group_id.in_(mine)
        )
        return self._db.scalar(query.limit(1)) is not None
