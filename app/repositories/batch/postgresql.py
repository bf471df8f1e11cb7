"""One JSON parameter instead of lists of them: the text of each statement is always the same, so it
is compiled and parsed once, whatever the size of the batch, and a row costs the driver a tenth of
what arrays would. Three statements store a batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.db.direct import execute_directly
from app.models.message import Message
from app.repositories.batch.portable import (
    BatchStatements,
    Change,
    Draft,
    GroupStates,
    RepeatKey,
    Roles,
)

LOCK_STATES = """
SELECT group_id, last_seq, member_changes FROM groups
WHERE group_id = ANY(ARRAY(SELECT json_array_elements_text($1::json)))
ORDER BY group_id FOR UPDATE
"""
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


def _names(columns: Iterable[str], table: str = "") -> str:
    return ", ".join(table + name for name in columns)


def _with_types(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


APPEND = f"""
WITH advanced AS (
    UPDATE groups SET last_seq = k.head, updated_at = %s
    FROM json_to_recordset(%s::json) AS k(group_id text, head bigint)
    WHERE groups.group_id = k.group_id
)
INSERT INTO messages (created_at, updated_at, {_names(COLUMNS)})
SELECT %s, %s, r.* FROM json_to_recordset(%s::json) AS r({_with_types(COLUMNS)})
RETURNING message_id, id
"""  # noqa: S608 - made of the names above

DRAFT = {name: COLUMNS[name] for name in Draft.__struct_fields__}
APPEND_OF_MEMBERS = f"""
WITH advanced AS (
    UPDATE groups SET last_seq = k.head, updated_at = $1::timestamptz
    FROM json_to_recordset($2::json)
    AS k(group_id text, head bigint, last_seq bigint, member_changes bigint)
    WHERE groups.group_id = k.group_id
    AND groups.last_seq = k.last_seq AND groups.member_changes = k.member_changes
    RETURNING 1
)
INSERT INTO messages (created_at, updated_at, {_names(DRAFT)}, seq, user_role)
SELECT $1::timestamptz, $1::timestamptz, {_names(DRAFT, "r.")}, r.seq, m.user_role
FROM ROWS FROM (json_to_recordset($3::json) AS ({_with_types(DRAFT)}), unnest($4::bigint[]))
AS r({_names(DRAFT)}, seq)
JOIN group_members m ON m.group_id = r.group_id AND m.user_id = r.from_user_id
WHERE (SELECT count(*) FROM advanced) = $5::bigint
ON CONFLICT (from_user_id, group_id, client_msg_id) DO NOTHING
RETURNING message_id, id, user_role
"""  # noqa: S608 - made of the names above


class PostgresqlBatchStatements(BatchStatements):
    stores_at_once = True

    def lock_states(self, group_ids: Iterable[str]) -> GroupStates:
        found = execute_directly(self._db, LOCK_STATES, _json(list(group_ids)))
        return {group_id: (last_seq, changes) for group_id, last_seq, changes in found}

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
        return roles, self.stored_as([row[3] for row in found if row[3]])

    def insert(self, rows: Sequence[dict[str, Any]], moment: datetime) -> dict[str, int]:
        return self.append(rows, {}, moment)

    def advance_heads(self, heads: Mapping[str, int], moment: datetime) -> None:
        self.append((), heads, moment)

    def append(
        self, rows: Sequence[dict[str, Any]], heads: Mapping[str, int], moment: datetime
    ) -> dict[str, int]:
        advanced = [{"group_id": group_id, "head": head} for group_id, head in heads.items()]
        return dict(self._rows(APPEND, moment, _json(advanced), moment, moment, _json(rows)))

    def append_of_members(
        self, drafts: Sequence[bytes], seqs: Sequence[int], changes: Sequence[Change],
        moment: datetime,
    ) -> dict[str, tuple[int, str]]:  # fmt: skip
        found = execute_directly(
            self._db,
            APPEND_OF_MEMBERS,
            moment, _json(changes), f"[{b','.join(drafts).decode()}]",
            f"{{{','.join(map(str, seqs))}}}", len(changes),
        )  # fmt: skip
        return {message_id: (row_id, role) for message_id, row_id, role in found}

    def _rows(self, statement: str, *values: Any) -> Sequence[Any]:
        return self._db.connection().exec_driver_sql(statement, values).all()


def _json(rows: Sequence[Any]) -> str:
    return msgspec.json.encode(rows).decode()
