from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, tuple_, update
from sqlalchemy.orm import Session

from app.models.group import Group
from app.models.group_member import GroupMember
from app.models.message import Message

RepeatKey = tuple[str, str, str]
"""(from_user_id, group_id, client_msg_id): one message for ever."""

Roles = dict[tuple[str, str], str]
"""(group_id, user_id) to the role there."""

GroupStates = dict[str, tuple[int, int]]
"""Of each group_id its `last_seq` and `member_changes`."""


class Draft(msgspec.Struct, frozen=True):
    """A message before it is known whether it may be stored, and under which `seq`."""

    message_id: str
    group_id: str
    from_user_id: str
    msg_type: str
    msg_content: str
    client_msg_id: str | None


class Change(msgspec.Struct, frozen=True):
    """A group's head, from `last_seq` to `head`, while its members are those that it had when it
    counted so many changes of them."""

    group_id: str
    head: int
    last_seq: int
    member_changes: int


class BatchStatements:
    stores_at_once = False
    """The database can refuse rows of an insert one by one, and this class makes use of it."""

    def __init__(self, db: Session) -> None:
        self._db = db

    def lock_states(self, group_ids: Iterable[str]) -> GroupStates:
        """Of each group that exists, locked in sorted order against deadlock."""
        rows = self._db.execute(
            select(Group.group_id, Group.last_seq, Group.member_changes)
            .where(Group.group_id.in_(sorted(group_ids)))
            .order_by(Group.group_id)
            .with_for_update()
        )
        return {group_id: (last_seq, changes) for group_id, last_seq, changes in rows}

    def look_up(
        self, pairs: Collection[tuple[str, str]], keys: Collection[RepeatKey]
    ) -> tuple[Roles, dict[RepeatKey, Message]]:
        """`roles` and `repeats`, at one go where the database can."""
        return self.roles(pairs) if pairs else {}, self.repeats(keys) if keys else {}

    def append(
        self, rows: Sequence[dict[str, Any]], heads: Mapping[str, int], moment: datetime
    ) -> dict[str, int]:
        """`insert` and `advance_heads`, at one go where the database can."""
        ids = self.insert(rows, moment)
        self.advance_heads(heads, moment)
        return ids

    def append_of_members(
        self, drafts: Sequence[bytes], seqs: Sequence[int], changes: Sequence[Change],
        moment: datetime,
    ) -> dict[str, tuple[int, str]]:  # fmt: skip
        """Stores `Draft`s, in JSON, each with its `seq`. Leaves out those of senders who are no
        members and those whose key is taken; and all of them where one of the groups is not (any
        more) as its change supposes. Gives each message_id its row's id and its sender's role.
        Only where `stores_at_once`."""
        raise NotImplementedError

    def roles(self, pairs: Collection[tuple[str, str]]) -> Roles:
        """Pairs of (group_id, user_id) that are no membership are left out."""
        key = tuple_(GroupMember.group_id, GroupMember.user_id)
        query = select(GroupMember.group_id, GroupMember.user_id, GroupMember.user_role)
        rows = self._db.execute(query.where(key.in_(pairs)))
        return {(group_id, user_id): role for group_id, user_id, role in rows}

    def repeats(self, keys: Collection[RepeatKey]) -> dict[RepeatKey, Message]:
        """What is stored already under these keys."""
        key = tuple_(Message.from_user_id, Message.group_id, Message.client_msg_id)
        return _by_key(self._db.scalars(select(Message).where(key.in_(keys))))

    def stored_as(self, message_ids: Sequence[str]) -> dict[RepeatKey, Message]:
        """For forms that find the ids of `repeats` by a statement of their own."""
        if not message_ids:
            return {}
        return _by_key(self._db.scalars(select(Message).where(Message.message_id.in_(message_ids))))

    def insert(self, rows: Sequence[dict[str, Any]], moment: datetime) -> dict[str, int]:
        """Stores messages whose `seq` the caller has taken; gives each message_id its row's id."""
        times = {"created_at": moment, "updated_at": moment}
        self._db.execute(insert(Message), [{**row, **times} for row in rows])
        stored = [row["message_id"] for row in rows]
        query = select(Message.message_id, Message.id).where(Message.message_id.in_(stored))
        return _pairs(self._db.execute(query))

    def advance_heads(self, heads: Mapping[str, int], moment: datetime) -> None:
        table = Group.__table__
        self._db.connection().execute(
            update(table)  # type: ignore[arg-type]
            .where(table.c.group_id == bindparam("of_group"))
            .values(last_seq=bindparam("head"), updated_at=moment),
            [{"of_group": group_id, "head": head} for group_id, head in heads.items()],
        )


def _by_key(messages: Iterable[Message]) -> dict[RepeatKey, Message]:
    return {(m.from_user_id, m.group_id, m.client_msg_id or ""): m for m in messages}


def _pairs(rows: Iterable[Any]) -> dict[str, int]:
    return {name: number for name, number in rows}  # noqa: C416 - a Row is no pair for dict()
