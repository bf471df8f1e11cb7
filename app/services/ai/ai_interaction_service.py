"""Use cases on records as jobs: promised, claimed, held. How they end is in `ending_service`."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy.orm import Session

from app.config import AISettings
from app.db import outbox
from app.repositories.ai_work_repository import AIWorkRepository
from app.services.ai.message_router_service import MessageRouterService
from app.services.ai.records import Claimed, Job, JobsTaken, Promise, Waiting, WorkWaits
from app.services.core.records import MessageRecord
from app.utils.clock import utc_now
from app.utils.id_generator import generate_record_id

MAX_BURST = 20

Made = tuple[MessageRecord, Promise]


class AIInteractionService:
    """`owner` names this process in leases."""

    def __init__(self, db: Session, settings: AISettings, owner: str) -> None:
        self._db = db
        self._settings = settings
        self._owner = owner
        self._work = AIWorkRepository(db)

    def promise(self, messages: Sequence[MessageRecord], service_url: str, room: int) -> None:
        """In the sender's transaction: the message and the promise of an answer are one. Up to
        `room` of them are claimed at once, where the group has nothing else under way."""
        router = MessageRouterService(self._db, self._settings.ai_handoff_seconds)
        routed, busy = router.route(messages)
        if not routed:
            return
        made = [(message, Promise(generate_record_id(), message.message_id)) for message in routed]
        jobs = [] if self._settings.ai_debounce_seconds else _jobs(made, busy, room)
        taken = {record_id for job in jobs for record_id in job.record_ids}
        self._work.insert_many(
            [
                self._row(message, promise.record_id, service_url)
                | self._lease(taken=promise.record_id in taken)
                for message, promise in made
            ]
        )
        if jobs:
            outbox.record(self._db, JobsTaken(jobs))
        under_way = busy | {job.group_id for job in jobs}
        if left := _first_of_each(made, under_way):
            outbox.record(self._db, WorkWaits(left))

    def claim(
        self, most: int, running: Collection[str] = (), groups: Collection[str] | None = None
    ) -> Claimed:
        """Of all groups, or of these: where each of them has work, nobody is told when more is
        due. What may have ended a whole process is tried again by itself."""
        jobs = []
        for record in self._work.claimable(utc_now(), most, running, groups):
            died = record.attempts > 1 and record.error_number is None
            alone = died or record.waiting == 1
            behind = () if alone else self._behind(record.group_id, record.id)
            jobs.append(
                Job(
                    record.record_id, record.group_id, record.user_message_id, record.attempts,
                    tuple(behind),
                )
            )  # fmt: skip
        claimed = [record_id for job in jobs for record_id in job.record_ids]
        self._work.lease(claimed, self._owner, self._until())
        found_all = groups is not None and len(jobs) == len(set(groups))
        return Claimed(jobs, None if found_all else self._due_s())

    def renew(self, record_ids: Sequence[str]) -> None:
        self._work.renew(self._owner, record_ids, self._until())

    def release(self) -> None:
        self._work.release(self._owner)

    def strays(self, record_ids: Sequence[str]) -> set[str]:
        """Those that are ended, or that somebody else has claimed."""
        return self._work.elsewhere(record_ids, self._owner)

    def _behind(self, group_id: str, first: int) -> Iterable[Promise]:
        """What the same patient wrote right behind it."""
        rows = self._work.burst(group_id, first, MAX_BURST)
        same = takewhile(lambda row: row.from_user_id == rows[0].from_user_id, rows)
        return [Promise(row.record_id, row.user_message_id) for row in same][1:]

    def _due_s(self) -> float | None:
        moment = self._work.next_due()
        return None if moment is None else max(0.0, (moment - utc_now()).total_seconds())

    def _until(self) -> datetime:
        return utc_now() + timedelta(seconds=self._settings.ai_lease_seconds)

    def _row(self, message: MessageRecord, record_id: str, service_url: str) -> dict[str, Any]:
        debounce_s = self._settings.ai_debounce_seconds
        return {
            "record_id": record_id,
            "group_id": message.group_id,
            "user_message_id": message.message_id,
            "ai_service_url": service_url,
            "asked_at_seq": message.seq,
            "next_attempt_at": utc_now() + timedelta(seconds=debounce_s) if debounce_s else None,
        }

    def _lease(self, *, taken: bool) -> dict[str, Any]:
        return {
            "lease_owner": self._owner if taken else None,
            "lease_until": self._until() if taken else None,
            "attempts": 1 if taken else 0,
        }


def _jobs(made: Sequence[Made], busy: Collection[str], most: int) -> list[Job]:
    """One for each group that is not busy."""
    by_group: dict[str, list[Made]] = defaultdict(list)
    for one in made:
        by_group[one[0].group_id].append(one)
    idle = [of_group for group_id, of_group in by_group.items() if group_id not in busy]
    return [_job(of_group) for of_group in idle[:most]]


def _first_of_each(made: Sequence[Made], under_way: Collection[str]) -> tuple[Waiting, ...]:
    """Where something is under way, its end tells that there is more."""
    first: dict[str, str] = {}
    for message, promise in made:
        if message.group_id not in under_way:
            first.setdefault(message.group_id, promise.record_id)
    return tuple(Waiting(record_id, group_id) for group_id, record_id in first.items())


def _job(of_group: Sequence[Made]) -> Job:
    """Of what the first sender has written in a row."""
    message = of_group[0][0]
    same = takewhile(lambda one: one[0].from_user_id == message.from_user_id, of_group[:MAX_BURST])
    first, *behind = (promise for _, promise in same)
    return Job(first.record_id, message.group_id, first.user_message_id, 1, tuple(behind))
