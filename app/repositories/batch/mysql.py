"""One JSON parameter instead of lists of them, as on PostgreSQL: few statements, whose texts do not
depend on the batch's size. The JSON comes first in each join, so that rows are found by index and
locked in its order; else a small table would be read, and locked, as a whole."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.models.message import Message
from app.repositories.batch.portable import (
    BatchStatements,
    Change,
    Draft,
    GroupStates,
    RepeatKey,
    Roles,
)

COLUMNS = {
    "message_id": "VARCHAR(64)",
    "group_id": "VARCHAR(64)",
    "seq": "BIGINT",
    "from_user_id": "VARCHAR(48)",
    "user_role": "VARCHAR(32)",
    "msg_type": "VARCHAR(32)",
    "msg_content": "MEDIUMTEXT",
    "client_msg_id": "VARCHAR(64)",
    "reply_to_message_id": "VARCHAR(64)",
    "finish_reason": "VARCHAR(16)",
}
GROUP = {
    "group_id": "VARCHAR(64)",
    "head": "BIGINT",
    "last_seq": "BIGINT",
    "member_changes": "BIGINT",
}


def _table(name: str, columns: Mapping[str, str]) -> str:
    kinds = ", ".join(f"{one} {kind} PATH '$.{one}'" for one, kind in columns.items())
    return f"JSON_TABLE(%s, '$[*]' COLUMNS ({kinds})) AS {name}"


def _names(columns: Iterable[str], table: str = "") -> str:
    return ", ".join(table + name for name in columns)


KEYS = {"g": "VARCHAR(64)", "u": "VARCHAR(48)", "c": "VARCHAR(64)"}
LOCK_STATES = f"""
SELECT g.group_id, g.last_seq, g.member_changes FROM {_table("k", {"g": KEYS["g"]})}
STRAIGHT_JOIN `groups` g ON g.group_id = k.g FOR UPDATE
"""  # noqa: S608 - made of the names above, as all of them
LOOK_UP = f"""
SELECT m.group_id, m.user_id, m.user_role, NULL
FROM {_table("k", {"g": KEYS["g"], "u": KEYS["u"]})}
STRAIGHT_JOIN group_members m ON m.group_id = k.g AND m.user_id = k.u
UNION ALL
SELECT NULL, NULL, NULL, m.message_id FROM {_table("k", KEYS)}
STRAIGHT_JOIN messages m ON m.from_user_id = k.u AND m.group_id = k.g AND m.client_msg_id = k.c
"""  # noqa: S608
ADVANCE = f"""
UPDATE {_table("k", GROUP)} STRAIGHT_JOIN `groups` g ON g.group_id = k.group_id
SET g.last_seq = k.head, g.updated_at = %s
"""  # noqa: S608
ADVANCE_AS_SUPPOSED = (
    f"{ADVANCE} WHERE g.last_seq = k.last_seq AND g.member_changes = k.member_changes"
)
INSERT = f"""
INSERT INTO messages (created_at, updated_at, {_names(COLUMNS)})
SELECT %s, %s, {_names(COLUMNS, "r.")} FROM {_table("r", COLUMNS)}
"""  # noqa: S608
DRAFT = {name: COLUMNS[name] for name in ("seq", *Draft.__struct_fields__)}
INSERT_OF_MEMBERS = f"""
INSERT INTO messages (created_at, updated_at, {_names(DRAFT)}, user_role)
SELECT %s, %s, {_names(DRAFT, "r.")}, m.user_role FROM {_table("r", DRAFT)}
STRAIGHT_JOIN group_members m ON m.group_id = r.group_id AND m.user_id = r.from_user_id
ON DUPLICATE KEY UPDATE messages.id = messages.id
"""  # noqa: S608
STORED = f"""
SELECT m.message_id, m.id, m.user_role FROM {_table("k", {"message_id": KEYS["c"]})}
STRAIGHT_JOIN messages m ON m.message_id = k.message_id
"""  # noqa: S608
RETURNING = " RETURNING message_id, id, user_role"


class _Named(msgspec.Struct):
    message_id: str


class MysqlBatchStatements(BatchStatements):
    stores_at_once = True

    def lock_states(self, group_ids: Iterable[str]) -> GroupStates:
        groups = [{"g": group_id} for group_id in sorted(set(group_ids))]
        found = self._run(LOCK_STATES, _json(groups))
        return {group_id: (last_seq, changes) for group_id, last_seq, changes in found}

    def roles(self, pairs: Collection[tuple[str, str]]) -> Roles:
        return self.look_up(pairs, ())[0]

    def repeats(self, keys: Collection[RepeatKey]) -> dict[RepeatKey, Message]:
        return self.look_up((), keys)[1]

    def look_up(
        self, pairs: Collection[tuple[str, str]], keys: Collection[RepeatKey]
    ) -> tuple[Roles, dict[RepeatKey, Message]]:
        found = self._run(
            LOOK_UP,
            _json([{"g": group_id, "u": user_id} for group_id, user_id in pairs]),
            _json([{"u": user_id, "g": group_id, "c": own} for user_id, group_id, own in keys]),
        ).all()
        roles = {(group_id, user_id): role for group_id, user_id, role, _ in found if group_id}
        return roles, self.stored_as([row[3] for row in found if row[3]])

    def insert(self, rows: Sequence[dict[str, Any]], moment: datetime) -> dict[str, int]:
        stored = self._insert(INSERT, _json(rows), moment)
        return {message_id: row_id for message_id, row_id, _ in stored}

    def advance_heads(self, heads: Mapping[str, int], moment: datetime) -> None:
        rows = [{"group_id": group_id, "head": heads[group_id]} for group_id in sorted(heads)]
        self._run(ADVANCE, _json(rows), moment)

    def append_of_members(
        self, drafts: Sequence[bytes], seqs: Sequence[int], changes: Sequence[Change],
        moment: datetime,
    ) -> dict[str, tuple[int, str]]:  # fmt: skip
        advanced = self._run(ADVANCE_AS_SUPPOSED, _json(changes), moment)
        if advanced.rowcount < len(changes):
            return {}
        numbered = zip(drafts, seqs, strict=True)
        rows = b"[%s]" % b",".join(b'{"seq":%d,%s' % (seq, draft[1:]) for draft, seq in numbered)
        own = {named.message_id for named in msgspec.json.decode(rows, type=list[_Named])}
        stored = self._insert(INSERT_OF_MEMBERS, rows.decode(), moment)
        # A key that is taken gives the row that has it.
        return {message_id: (row, role) for message_id, row, role in stored if message_id in own}

    def _insert(self, statement: str, rows: str, moment: datetime) -> Any:
        """Of each its message_id, row's id and role. MariaDB tells them at once."""
        if self._db.connection().dialect.insert_returning:
            return self._run(statement + RETURNING, moment, moment, rows).all()
        self._run(statement, moment, moment, rows)
        return self._run(STORED, rows).all()

    def _run(self, statement: str, *values: Any) -> Any:
        return self._db.connection().exec_driver_sql(statement, values)


def _json(rows: Sequence[Any]) -> str:
    return msgspec.json.encode(rows).decode()
