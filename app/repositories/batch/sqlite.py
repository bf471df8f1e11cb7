"""JSON instead of lists of parameters: the text of each statement is always the same, so it is
compiled and planned once, and every lookup is by index. (A row value `IN` a list of values, the
portable form, reads the whole table here.)"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.models.message import Message
from app.repositories.batch.portable import BatchStatements, GroupStates, RepeatKey, Roles

LOCK_STATES = """
SELECT group_id, last_seq, member_changes FROM groups
WHERE group_id IN (SELECT value FROM json_each(?))
"""
ROLES = """
SELECT m.group_id, m.user_id, m.user_role FROM json_each(?) k
CROSS JOIN group_members m ON m.group_id = json_extract(k.value, '$[0]')
    AND m.user_id = json_extract(k.value, '$[1]')
"""
REPEATS = """
SELECT m.message_id FROM json_each(?) k
CROSS JOIN messages m ON m.from_user_id = json_extract(k.value, '$[0]')
    AND m.group_id = json_extract(k.value, '$[1]')
    AND m.client_msg_id = json_extract(k.value, '$[2]')
"""
COLUMNS = (
    "id", "message_id", "group_id", "seq", "from_user_id", "user_role", "msg_type", "msg_content",
    "client_msg_id", "reply_to_message_id", "finish_reason", "created_at", "updated_at",
)  # fmt: skip
INSERT = f"""
INSERT INTO messages ({", ".join(COLUMNS)}) VALUES ({", ".join(f":{name}" for name in COLUMNS)})
"""  # noqa: S608 - made of the names above
ADVANCE_HEADS = "UPDATE groups SET last_seq = ?, updated_at = ? WHERE group_id = ?"
TIME = "%Y-%m-%d %H:%M:%S.%f"
"""As SQLAlchemy keeps times in SQLite."""


class SqliteBatchStatements(BatchStatements):
    """BEGIN IMMEDIATE has locked everything already."""

    def lock_states(self, group_ids: Iterable[str]) -> GroupStates:
        found = self._rows(LOCK_STATES, list(group_ids))
        return {group_id: (last_seq, changes) for group_id, last_seq, changes in found}

    def roles(self, pairs: Collection[tuple[str, str]]) -> Roles:
        rows = self._rows(ROLES, list(pairs))
        return {(group_id, user_id): role for group_id, user_id, role in rows}

    def repeats(self, keys: Collection[RepeatKey]) -> dict[RepeatKey, Message]:
        found = [message_id for (message_id,) in self._rows(REPEATS, list(keys))]
        return self.stored_as(found)

    def insert(self, rows: Sequence[dict[str, Any]], moment: datetime) -> dict[str, int]:
        """There is one writer, so the ids can be given here."""
        connection = self._db.connection()
        last = connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM messages").scalar_one()
        ids = {row["message_id"]: last + place for place, row in enumerate(rows, 1)}
        stamp = moment.strftime(TIME)
        times = {"created_at": stamp, "updated_at": stamp}
        connection.exec_driver_sql(
            INSERT, [{**row, **times, "id": ids[row["message_id"]]} for row in rows]
        )
        return ids

    def advance_heads(self, heads: Mapping[str, int], moment: datetime) -> None:
        stamp = moment.strftime(TIME)
        self._db.connection().exec_driver_sql(
            ADVANCE_HEADS, [(head, stamp, group_id) for group_id, head in heads.items()]
        )

    def _rows(self, statement: str, keys: list[Any]) -> Sequence[Any]:
        return self._db.connection().exec_driver_sql(statement, (json.dumps(keys),)).all()
