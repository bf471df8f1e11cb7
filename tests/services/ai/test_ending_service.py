"""Several jobs end in one transaction, and each comes to what it would have come to alone."""

import pytest
from sqlalchemy import delete

from app.db.engine import Database
from app.errors import AIServiceFailed, AIUnavailable, GroupNotFound
from app.models.group import Group
from app.repositories.ai_interaction_repository import AIInteractionRepository
from app.repositories.message_repository import MessageRepository
from app.services.ai.endings import Answered, Failed, PutOff
from app.services.ai.records import AIReplyFailed, Job, WorkWaits
from app.services.core.events import MessageSent
from tests.services.ai.jobs import URL, Clinic


def jobs_in(clinic: Clinic, groups: list[str]) -> list[Job]:
    """One in each group, in their order."""
    clinic.say(*((group, "pat", "a") for group in groups))
    return sorted(clinic.taken, key=lambda job: groups.index(job.group_id))


def seen(database: Database, job: Job) -> tuple[int, int | None, int, str | None]:
    with database.reading() as db:
        record = AIInteractionRepository(db).get_by_id(job.record_id)
        assert record is not None
        return record.status, record.error_number, record.attempts, record.lease_owner


def said(database: Database, group_id: str) -> list[str]:
    with database.reading() as db:
        return [m.msg_content for m in MessageRepository(db).after(group_id, 0, 100)]


def test_each_in_its_own_way(database: Database) -> None:
    """A reply, a failure, an attempt that is put off, and one whose lease is somebody else's."""
    clinic = Clinic(database)
    groups = [clinic.open() for _ in range(4)]
    answered, failed, put_off, lost = jobs_in(clinic, groups)
    with database.writing.begin() as db:
        record = AIInteractionRepository(db).get_by_id(lost.record_id)
        assert record is not None
        record.lease_owner = "you"
    error = AIServiceFailed("no")
    ended = clinic.end(
        clinic.answer(answered), Failed(failed, error, 7, URL), PutOff(put_off, error, 60),
        clinic.answer(lost),
    )  # fmt: skip
    assert [type(one) for one in ended] == [Answered, Failed, PutOff, type(None)]
    assert [said(database, group) for group in groups] == [["a", "re"], ["a"], ["a"], ["a"]]
    assert [seen(database, job) for job in (answered, failed, put_off, lost)] == [
        (1, None, 1, None), (2, 4001, 1, None), (0, 4001, 1, None), (0, None, 1, "you"),
    ]  # fmt: skip
    (told,) = clinic.told(AIReplyFailed)
    assert (told.record_id, told.number) == (failed.record_id, 4001)
    assert [event.message.msg_content for event in clinic.told(MessageSent)] == ["re"]
    assert clinic.told(WorkWaits)


def test_a_doctor_who_has_written_meanwhile(database: Database) -> None:
    """Ends the reply in his group, and in no other."""
    clinic = Clinic(database)
    groups = [clinic.open() for _ in range(2)]
    first, second = jobs_in(clinic, groups)
    answers = [clinic.answer(first), clinic.answer(second)]
    clinic.say((groups[0], "doc", "let me"))
    ended = clinic.end(*answers)
    assert [type(one) for one in ended] == [Failed, Answered]
    assert isinstance(ended[0], Failed)
    assert isinstance(ended[0].error, AIUnavailable)
    assert [said(database, group) for group in groups] == [["a", "let me"], ["a", "re"]]
    assert seen(database, first)[:2] == (2, 4004)


def test_a_group_that_is_gone(database: Database) -> None:
    """Deleted by hand: nothing of this transaction is stored, the error tells why, and the record
    can still be ended by it."""
    clinic = Clinic(database)
    (job,) = jobs_in(clinic, [clinic.open()])
    answer = clinic.answer(job)
    with database.writing.begin() as db:
        db.execute(delete(Group).where(Group.group_id == job.group_id))
    assert clinic.ask(job)[0].number == 3002
    with pytest.raises(GroupNotFound):
        clinic.end(answer)
    clinic.end(Failed(job, GroupNotFound(), 1, URL))
    assert seen(database, job)[:2] == (2, 3001)


def test_what_is_kept_is_bounded(database: Database) -> None:
    """AI_MAX_KEPT_CHARS of the question and of the answer."""
    clinic = Clinic(database, ai_max_kept_chars=20)
    (job,) = jobs_in(clinic, [clinic.open()])
    clinic.end(clinic.answer(job, "long " * 100))
    with database.reading() as db:
        record = AIInteractionRepository(db).get_by_id(job.record_id)
        assert record is not None
        assert (record.request_content, record.response_content) == (
            '{"message":"a","hist', '{"reply":"long long ',
        )  # fmt: skip
