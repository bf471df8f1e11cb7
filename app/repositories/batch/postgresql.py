"""Arrays instead of lists of parameters: the text of each statement is always the same, so it is
compiled, parsed and planned once, whatever the size of the batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.models.message import Message
from app.repositories.batch.portable import BatchStatements, RepeatKey

LOCK_HEADS = """
SELECT group_id, last_seq FROM groups WHERE group_id = ANY(%s::text[])
ORDER BY group_id FOR UPDATE
"""
ROLES = """
SELECT m.group_id, m.user_id, m.user_role
FROM unnest(%s::text[], %s::text[]) AS k(group_id, user_id)
JOIN group_members m ON m.group_id = k.group_id AND m.user_id = k.user_id
"""
REPEATS = """
SELECT m.message_id
FROM unnest(%s::text[], %s::text[], %s::text[]) AS k(user_id, group_id, client_msg_id)
JOIN messages m ON m.from_user_id = k.user_id AND m.group_id = k.group_id
    AND m.client_msg_id = k.client_msg_id
"""
COLUMNS = {
    "message_id": "text",
    "group_id": "text",
    "seq": "bigint",
    "from_user_id": "text",
    "user_role": "text",
    "msg_type": "text",
    "msg_content": "text",
    "client_msg_id": "text",
    "reply_to_message_id": "text",
    "finish_reason": "text",
}
INSERT = f"""
INSERT INTO messages (created_at, updated_at, {", ".join(COLUMNS)})
SELECT %s, %s, * FROM unnest({", ".join(f"%s::{kind}[]" for kind in COLUMNS.values())})
RETURNING message_id, id
"""  # noqa: S608 - made of the names above
ADVANCE_HEADS = """
UPDATE groups SET last_seq = k.head, updated_at = %s
FROM unnest(%s::text[], %s::bigint[]) AS k(group_id, head)
WHERE groups.group_id = k.group_id
"""


class PostgresqlBatchStatements(BatchStatements):
    def lock_heads(self, group_ids: Iterable[str]) -> dict[str, int]:
        return dict(self._rows(LOCK_HEADS, list(group_ids)))

    def roles(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        groups, users = _columns(pairs)
        rows = self._rows(ROLES, groups, users)
        return {(group_id, user_id): role for group_id, user_id, role in rows}

    def repeats(self, keys: Collection[RepeatKey]) -> dict[RepeatKey, Message]:
        found = [message_id for (message_id,) in self._rows(REPEATS, *_columns(keys))]
        if not found:
            return {}
        stored = self._db.scalars(select(Message).where(Message.message_id.in_(found)))
        return {(m.from_user_id, m.group_id, m.client_msg_id or ""): m for m in stored}

    def insert(self, rows: Sequence[dict[str, Any]], moment: datetime) -> dict[str, int]:
        arrays = ([row[name] for row in rows] for name in COLUMNS)
        return dict(self._rows(INSERT, moment, moment, *arrays))

    def advance_heads(self, heads: Mapping[str, int], moment: datetime) -> None:
        self._db.connection().exec_driver_sql(
            ADVANCE_HEADS, (moment, list(heads), list(heads.values()))
        )

    def _rows(self, statement: str, *values: Any) -> Sequence[Any]:
        return self._db.connection().exec_driver_sql(statement, values).all()


def _columns(rows: Collection[tuple[str, ...]]) -> list[list[str]]:
    return [list(column) for column in zip(*rows, strict=True)]
