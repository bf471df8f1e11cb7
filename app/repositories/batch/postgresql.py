"""One JSON parameter instead of lists of them: the text of each statement is always the same, so it
is compiled and parsed once, whatever the size of the batch, and a row costs the driver a tenth of
what arrays would. Three statements store a batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from app.db.prepared import keep_plan
from app.models.message import Message
from app.repositories.batch.portable import BatchStatements, RepeatKey, Roles

LOCK_HEADS = keep_plan("""
SELECT group_id, last_seq FROM groups
WHERE group_id = ANY(ARRAY(SELECT json_array_elements_text(%s::json)))
ORDER BY group_id FOR UPDATE
""")
LOOK_UP = """
SELECT m.group_id, m.user_id, m.user_role, NULL
FROM json_to_recordset(%s::json) AS k(g text, u text)
JOIN group_members m ON m.group_id = k.g AND m.user_id = k.u
UNION ALL
SELECT NULL, NULL, NULL, m.message_id
FROM json_to_recordset(%s::json) AS k(u text, g text, c text)
JOIN messages m ON m.from_user_id = k.u AND m.group_id = k.g AND m.client_msg_id = k.c
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
APPEND = f"""
WITH advanced AS (
    UPDATE groups SET last_seq = k.head, updated_at = %s
    FROM json_to_recordset(%s::json) AS k(group_id text, head bigint)
    WHERE groups.group_id = k.group_id
)
INSERT INTO messages (created_at, updated_at, {", ".join(COLUMNS)})
SELECT %s, %s, r.* FROM json_to_recordset(%s::json)
AS r({", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())})
RETURNING message_id, id
"""  # noqa: S608 - made of the names above

APPEND_OF_MEMBERS = keep_plan(
    APPEND.replace("r.*", ", ".join(f"r.{name}" for name in COLUMNS))
    .replace("r.user_role", "m.user_role")
    .replace(
        "RETURNING message_id, id",
        """JOIN group_members m ON m.group_id = r.group_id AND m.user_id = r.from_user_id
ON CONFLICT (from_user_id, group_id, client_msg_id) DO NOTHING
RETURNING message_id, id, user_role""",
    )
)


class PostgresqlBatchStatements(BatchStatements):
    stores_at_once = True

    def lock_heads(self, group_ids: Iterable[str]) -> dict[str, int]:
        return dict(self._rows(LOCK_HEADS, _json(list(group_ids))))

    def roles(self, pairs: Collection[tuple[str, str]]) -> Roles:
        return self.look_up(pairs, ())[0]

    def repeats(self, keys: Collection[RepeatKey]) -> dict[RepeatKey, Message]:
        return self.look_up((), keys)[1]

    def look_up(
        self, pairs: Collection[tuple[str, str]], keys: Collection[RepeatKey]
    ) -> tuple[Roles, dict[RepeatKey, Message]]:
        found = self._rows(
            LOOK_UP,
            _json([{"g": group_id, "u": user_id} for group_id, user_id in pairs]),
            _json([{"u": user_id, "g": group_id, "c": own} for user_id, group_id, own in keys]),
        )
        roles = {(group_id, user_id): role for group_id, user_id, role, _ in found if group_id}
        return roles, self._messages([row[3] for row in found if row[3]])

    def insert(self, rows: Sequence[dict[str, Any]], moment: datetime) -> dict[str, int]:
        return self.append(rows, {}, moment)

    def advance_heads(self, heads: Mapping[str, int], moment: datetime) -> None:
        self.append((), heads, moment)

    def append(
        self, rows: Sequence[dict[str, Any]], heads: Mapping[str, int], moment: datetime
    ) -> dict[str, int]:
        return dict(self._append(APPEND, rows, heads, moment))

    def append_of_members(
        self, rows: Sequence[dict[str, Any]], heads: Mapping[str, int], moment: datetime
    ) -> dict[str, tuple[int, str]]:
        found = self._append(APPEND_OF_MEMBERS, rows, heads, moment)
        return {message_id: (row_id, role) for message_id, row_id, role in found}

    def _append(
        self,
        statement: str,
        rows: Sequence[dict[str, Any]],
        heads: Mapping[str, int],
        moment: datetime,
    ) -> Sequence[Any]:
        new = _json([{"group_id": group_id, "head": head} for group_id, head in heads.items()])
        return self._rows(statement, moment, new, moment, moment, _json(rows))

    def _messages(self, message_ids: Sequence[str]) -> dict[RepeatKey, Message]:
        if not message_ids:
            return {}
        stored = self._db.scalars(select(Message).where(Message.message_id.in_(message_ids)))
        return {(m.from_user_id, m.group_id, m.client_msg_id or ""): m for m in stored}

    def _rows(self, statement: str, *values: Any) -> Sequence[Any]:
        return self._db.connection().exec_driver_sql(statement, values).all()


def _json(rows: Sequence[Any]) -> str:
    return msgspec.json.encode(rows).decode()
