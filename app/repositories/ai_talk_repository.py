"""What is to be known of a group before the AI speaks there."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.models.enums import MessageType, RecordStatus, UserRole
from app.models.tables import GROUPS, MESSAGES, RECORDS

_BESIDE = RECORDS.alias("beside")
_IN_TURN = MESSAGES.alias("in_turn")
_REPLIED = MESSAGES.alias("replied")
_RECORD_IDS: BindParameter[Any] = bindparam("record_ids", expanding=True)

_DOCTOR_SINCE = (
    select(_IN_TURN.c.id)
    .where(
        _IN_TURN.c.group_id == RECORDS.c.group_id,
        _IN_TURN.c.seq > RECORDS.c.asked_at_seq,
        _IN_TURN.c.user_role == UserRole.DOCTOR,
    )
    .exists()
    .label("doctor_since")
)
_LAST_OF_PEOPLE = (
    select(_IN_TURN.c.seq)
    .where(
        _IN_TURN.c.group_id == RECORDS.c.group_id,
        _IN_TURN.c.msg_type != MessageType.AI_REPLY,
    )
    .order_by(_IN_TURN.c.seq.desc())
    .limit(1)
    .scalar_subquery()
)
_ASKED = (
    select(
        RECORDS.c.record_id,
        GROUPS.c.ai_mode,
        (GROUPS.c.last_seq - _LAST_OF_PEOPLE).label("ai_turns"),
        _DOCTOR_SINCE,
        MESSAGES.c.seq,
        MESSAGES.c.from_user_id,
        MESSAGES.c.msg_content,
        _REPLIED.c.msg_type.label("replied_type"),
    )
    .join(GROUPS, GROUPS.c.group_id == RECORDS.c.group_id)
    .join(MESSAGES, MESSAGES.c.message_id == RECORDS.c.user_message_id)
    .outerjoin(_REPLIED, _REPLIED.c.message_id == MESSAGES.c.reply_to_message_id)
    .where(RECORDS.c.record_id.in_(_RECORD_IDS))
)
_HISTORY = (
    select(MESSAGES.c.msg_type, MESSAGES.c.user_role, MESSAGES.c.msg_content)
    .where(
        MESSAGES.c.group_id == bindparam("of_group"),
        or_(MESSAGES.c.seq < bindparam("before"), MESSAGES.c.msg_type == MessageType.AI_REPLY),
    )
    .order_by(MESSAGES.c.seq.desc())
    .limit(bindparam("most"))
)
_UNFINISHED = (
    select(func.count())
    .where(_BESIDE.c.group_id == RECORDS.c.group_id, _BESIDE.c.status == RecordStatus.IN_PROGRESS)
    .scalar_subquery()
)
_STANDING = (
    select(
        RECORDS.c.id,
        RECORDS.c.record_id,
        RECORDS.c.status,
        RECORDS.c.lease_owner,
        RECORDS.c.group_id,
        GROUPS.c.ai_mode,
        _DOCTOR_SINCE,
        _UNFINISHED.label("unfinished"),
    )
    .outerjoin(GROUPS, GROUPS.c.group_id == RECORDS.c.group_id)
    .where(RECORDS.c.record_id.in_(_RECORD_IDS))
    .order_by(RECORDS.c.id)
    .with_for_update(of=RECORDS)
)


class AITalkRepository:
    def __init__(self, db: Session) -> None:
        self._db = db

    def asked(self, record_ids: Collection[str]) -> dict[str, Row[Any]]:
        """Of each record the message it answers, and what may forbid that: the group's `ai_mode`,
        `ai_turns` since a person has spoken, `doctor_since`: whether one has written after the AI
        was asked. `replied_type` is of the message that this one replies to."""
        rows = self._run(_ASKED, {"record_ids": list(record_ids)})
        return {row.record_id: row for row in rows}

    def history(self, group_id: str, before: int, most: int) -> list[Row[Any]]:
        """Newest first: what was said before this `seq`, with the AI's replies to that, which may
        have been stored after it."""
        values = {"of_group": group_id, "before": before, "most": most}
        return list(self._run(_HISTORY, values))

    def standing(self, record_ids: Collection[str]) -> dict[str, Row[Any]]:
        """Locked, with what may forbid the reply by now, and how many `unfinished` ones the group
        has; a group that was deleted by hand has no mode. The groups are locked before, by a
        statement of its own: what this one reads must be newer than that lock."""
        rows = self._run(_STANDING, {"record_ids": list(record_ids)})
        return {row.record_id: row for row in rows}

    def _run(self, statement: Any, values: dict[str, Any]) -> Any:
        return self._db.connection().execute(statement, values)
