from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.group import Group
from app.repositories.batch import GroupStates


class GroupRepository:
    def __init__(self, db: Session) -> None:
        self._db = db

    def create(
        self, group_id: str, group_name: str, description: str | None, created_by: str
    ) -> Group:
        group = Group(
            group_id=group_id, group_name=group_name, description=description, created_by=created_by
        )
        self._db.add(group)
        self._db.flush()
        return group

    def get_by_id(self, group_id: str) -> Group | None:
        return self._db.scalar(select(Group).where(Group.group_id == group_id))

    def update(self, group: Group) -> Group:
        self._db.add(group)
        self._db.flush()
        return group

    def lock(self, group_id: str) -> Group | None:
        """Until the transaction ends nobody else gives a `seq` or changes members here."""
        return self._db.scalar(select(Group).where(Group.group_id == group_id).with_for_update())

    def states(self, group_ids: Collection[str]) -> GroupStates:
        """Of those that exist."""
        query = select(Group.group_id, Group.last_seq, Group.member_changes)
        rows = self._db.execute(query.where(Group.group_id.in_(group_ids)))
        return {group_id: (last_seq, changes) for group_id, last_seq, changes in rows}

    def head(self, group_id: str) -> int:
        """The last `seq`, which is the number of messages; 0 where there is no such group."""
        return self._db.scalar(select(Group.last_seq).where(Group.group_id == group_id)) or 0
