"""Promises in the sender's transaction, and which of them are claimed there at once."""

from app.db.engine import Database
from app.repositories.ai_work_repository import AIWorkRepository
from app.services.ai.records import WorkWaits
from app.services.core.events import MessageSent
from tests.services.ai.jobs import Clinic


def test_claimed_with_the_message(database: Database) -> None:
    """One job for each group that is idle: nothing is left for others to claim."""
    clinic = Clinic(database, ai_handoff_seconds=0)
    one, two = clinic.open(), clinic.open()
    said = clinic.say((one, "pat", "a"), (two, "pat", "b"), (one, "doc", "c"))
    assert {job.user_message_id for job in clinic.taken} == {m.message_id for m in said[:2]}
    assert [job.attempts for job in clinic.taken] == [1, 1]
    assert not clinic.told(WorkWaits)
    assert clinic.claim("you") == []


def test_a_burst_in_one_batch(database: Database) -> None:
    """What one patient wrote in a row is one job; the next patient waits for its end."""
    clinic = Clinic(database)
    group = clinic.open()
    first, second, _ = clinic.say((group, "pat", "a"), (group, "pat", "b"), (group, "paul", "c"))
    (job,) = clinic.taken
    assert [one.user_message_id for one in job.promises] == [first.message_id, second.message_id]
    assert not clinic.told(WorkWaits)
    assert clinic.claim("you") == []
    clinic.end(clinic.answer(job))
    assert clinic.told(WorkWaits)


def test_a_busy_group_waits(database: Database) -> None:
    """Until its answer has ended, which tells that there is more."""
    clinic = Clinic(database)
    group = clinic.open()
    clinic.say((group, "pat", "a"))
    (job,) = clinic.taken
    (second,) = clinic.say((group, "paul", "b"))
    assert clinic.events == [MessageSent(second, 3)]
    clinic.end(clinic.answer(job))
    assert clinic.told(WorkWaits)
    (next_job,) = clinic.claim()
    assert next_job.user_message_id == second.message_id
    clinic.end(clinic.answer(next_job))
    assert not clinic.told(WorkWaits)


def test_no_more_than_there_is_room_for(database: Database) -> None:
    """The rest is for whoever has room."""
    clinic = Clinic(database)
    groups = [clinic.open() for _ in range(3)]
    clinic.say(*((group, "pat", "a") for group in groups), room=2)
    assert len(clinic.taken) == 2
    assert clinic.told(WorkWaits)
    assert len(clinic.claim("you")) == 1


def test_a_window_for_bursts_claims_nothing_at_once(database: Database) -> None:
    """AI_DEBOUNCE_SECONDS: what may still be added to is not begun."""
    clinic = Clinic(database, ai_debounce_seconds=30)
    clinic.say((clinic.open(), "pat", "a"))
    assert not clinic.taken
    assert clinic.told(WorkWaits)
    assert clinic.claim() == []


def test_a_job_that_died_with_its_process_is_tried_by_itself(database: Database) -> None:
    """The first of a burst may be what kills; the others come after it."""
    clinic = Clinic(database, ai_lease_seconds=0.5)
    group = clinic.open()
    clinic.say((group, "pat", "a"), (group, "pat", "b"), owner="killed")
    with database.writing.begin() as db:
        AIWorkRepository(db).release("killed")
    (job,) = clinic.claim()
    assert (job.attempts, job.burst) == (2, ())
