"""Interaction records as jobs: promised, claimed, ended, each in as few statements as can be.

Who promises or ends holds the lock of the group. So whether a group has work under way stands
still meanwhile, and one reply at a time is all it gets.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Row,
    Select,
    Subquery,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.models.enums import RecordStatus, UserRole
from app.models.tables import GROUPS, MESSAGES, RECORDS

Value = BindParameter[Any]

UNFINISHED = RECORDS.c.status == RecordStatus.IN_PROGRESS
_OTHER = RECORDS.alias("other")
_GROUP_IDS: Value = bindparam("group_ids", expanding=True)
_RECORD_IDS: Value = bindparam("record_ids", expanding=True)
_OWNER: Value = bindparam("owner")
_NOW: Value = bindparam("now")
_UNTIL: Value = bindparam("until")

_INSERT = insert(RECORDS)
_ROUTES = select(
    GROUPS.c.group_id,
    GROUPS.c.ai_mode,
    select(MESSAGES.c.id)
    .where(
        MESSAGES.c.group_id == GROUPS.c.group_id,
        MESSAGES.c.created_at > bindparam("since"),
        MESSAGES.c.user_role == UserRole.DOCTOR,
    )
    .exists()
    .label("with_doctor"),
    select(RECORDS.c.id)
    .where(RECORDS.c.group_id == GROUPS.c.group_id, UNFINISHED)
    .exists()
    .label("busy"),
).where(GROUPS.c.group_id.in_(_GROUP_IDS))

_UNFINISHED_BY_GROUP = (
    select(func.min(RECORDS.c.id).label("id"), func.count().label("waiting"))
    .where(UNFINISHED)
    .group_by(RECORDS.c.group_id)
)
_LEASED_BESIDE = (
    select(_OTHER.c.id)
    .where(
        _OTHER.c.group_id == RECORDS.c.group_id,
        _OTHER.c.status == RecordStatus.IN_PROGRESS,
        _OTHER.c.lease_until >= _NOW,
    )
    .exists()
)


def _claimable(oldest: Subquery) -> Select[Any]:
    return (
        select(
            RECORDS.c.id,
            RECORDS.c.record_id,
            RECORDS.c.group_id,
            RECORDS.c.user_message_id,
            (RECORDS.c.attempts + 1).label("attempts"),
            RECORDS.c.error_number,
            oldest.c.waiting,
        )
        .join(oldest, RECORDS.c.id == oldest.c.id)
        .where(
            UNFINISHED,
            RECORDS.c.record_id.not_in(bindparam("running", expanding=True)),
            or_(RECORDS.c.lease_until.is_(None), RECORDS.c.lease_until < _NOW),
            or_(RECORDS.c.next_attempt_at.is_(None), RECORDS.c.next_attempt_at <= _NOW),
            ~_LEASED_BESIDE,
        )
        .order_by(RECORDS.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=RECORDS)
    )


_CLAIMABLE = _claimable(_UNFINISHED_BY_GROUP.subquery())
_CLAIMABLE_IN = _claimable(
    _UNFINISHED_BY_GROUP.where(RECORDS.c.group_id.in_(_GROUP_IDS)).subquery()
)
_LEASE = (
    update(RECORDS)
    .where(RECORDS.c.record_id.in_(_RECORD_IDS))
    .values(lease_owner=_OWNER, lease_until=_UNTIL, attempts=RECORDS.c.attempts + 1)
)
_BURST = (
    select(RECORDS.c.record_id, RECORDS.c.user_message_id, MESSAGES.c.from_user_id)
    .join(MESSAGES, MESSAGES.c.message_id == RECORDS.c.user_message_id)
    .where(
        RECORDS.c.group_id == bindparam("of_group"),
        UNFINISHED,
        RECORDS.c.id >= bindparam("first"),
    )
    .order_by(RECORDS.c.id)
    .limit(bindparam("most"))
)
_HELD = (UNFINISHED, RECORDS.c.lease_owner == _OWNER)
_RENEW = (
    update(RECORDS).where(*_HELD, RECORDS.c.record_id.in_(_RECORD_IDS)).values(lease_until=_UNTIL)
)
_RELEASE = update(RECORDS).where(*_HELD).values(lease_owner=None, lease_until=None)
_ELSEWHERE = select(RECORDS.c.record_id).where(
    RECORDS.c.record_id.in_(_RECORD_IDS),
    or_(RECORDS.c.status != RecordStatus.IN_PROGRESS, RECORDS.c.lease_owner != _OWNER),
)
_NEXT_DUE = select(func.min(RECORDS.c.next_attempt_at)).where(
    UNFINISHED, RECORDS.c.lease_owner.is_(None)
)
_END = (
    update(RECORDS)
    .where(RECORDS.c.id == bindparam("row_id"))
    .values(lease_owner=None, lease_until=None)
)


class AIWorkRepository:
    def __init__(self, db: Session) -> None:
        self._db = db

    def insert_many(self, rows: Sequence[dict[str, Any]]) -> None:
        self._run(_INSERT, list(rows))

    def routes(self, group_ids: Collection[str], since: datetime) -> dict[str, Row[Any]]:
        """Of each group `ai_mode`, whether a doctor has written there since, and whether it is
        `busy`: has a record that is not ended."""
        rows = self._run(_ROUTES, {"group_ids": list(group_ids), "since": since})
        return {row.group_id: row for row in rows}

    def claimable(
        self,
        now: datetime,
        most: int,
        running: Collection[str],
        groups: Collection[str] | None = None,
    ) -> list[Row[Any]]:
        """Up to `most` records, locked: each the oldest unfinished one of its group, with nothing
        else under way there, so that a group has one reply at a time, in the order of its messages.
        The record_ids in `running` are left alone. `attempts` counts the one to come, `waiting` the
        group's unfinished records. With `groups`, of these groups alone."""
        values: dict[str, Any] = {"now": now, "most": most, "running": list(running)}
        if groups is None:
            return list(self._run(_CLAIMABLE, values))
        return list(self._run(_CLAIMABLE_IN, values | {"group_ids": list(groups)}))

    def elsewhere(self, record_ids: Collection[str], owner: str) -> set[str]:
        """Those of them that are ended, or leased by others."""
        rows = self._run(_ELSEWHERE, {"record_ids": list(record_ids), "owner": owner})
        return {row.record_id for row in rows}

    def burst(self, group_id: str, first: int, most: int) -> list[Row[Any]]:
        """The group's unfinished records from the row `first` on, with their senders."""
        values = {"of_group": group_id, "first": first, "most": most}
        return list(self._run(_BURST, values))

    def lease(self, record_ids: Collection[str], owner: str, until: datetime) -> None:
        """An attempt of each of them begins."""
        if record_ids:
            values = {"owner": owner, "until": until, "record_ids": list(record_ids)}
            self._run(_LEASE, values)

    def renew(self, owner: str, record_ids: Collection[str], until: datetime) -> None:
        self._run(_RENEW, {"owner": owner, "until": until, "record_ids": list(record_ids)})

    def release(self, owner: str) -> None:
        """Gives all leases back, so that whoever comes next need not wait for their end."""
        self._run(_RELEASE, {"owner": owner})

    def next_due(self) -> datetime | None:
        """When the first of what was put off may be taken up."""
        found: datetime | None = self._run(_NEXT_DUE, {}).scalar()
        return found

    def end(self, rows: Sequence[dict[str, Any]]) -> None:
        """Each gives its lease back, with its values; `row_id` is its id. All have the same
        keys."""
        if rows:
            self._run(_END, list(rows))

    def _run(self, statement: Any, values: dict[str, Any] | list[dict[str, Any]]) -> Any:
        return self._db.connection().execute(statement, values)
