from datetime import timedelta

from app.db.engine import Database
from app.repositories.ai_interaction_repository import AIInteractionRepository
from app.repositories.ai_work_repository import AIWorkRepository
from app.utils.clock import utc_now
from tests.repositories.test_ai_interaction_repository import add

NOW = utc_now()
LATER = NOW + timedelta(seconds=10)


def claim(database: Database, owner: str, *, limit: int = 10, after_s: float = 0) -> list[str]:
    now = NOW + timedelta(seconds=after_s)
    with database.writing.begin() as db:
        work = AIWorkRepository(db)
        found = [row.record_id for row in work.claimable(now, limit, ())]
        work.lease(found, owner, now + timedelta(seconds=10))
    return found


def end(database: Database, record_id: str) -> None:
    with database.writing.begin() as db:
        record = AIInteractionRepository(db).get_by_id(record_id)
        assert record is not None
        AIWorkRepository(db).end([{"row_id": record.id, "status": 1}])


def test_the_oldest_of_each_group_and_no_second_while_it_runs(database: Database) -> None:
    """One at a time, in order; the next only after the end of the first."""
    add(database, ("a1", "a"), ("a2", "a"), ("b1", "b"))
    assert claim(database, "me") == ["a1", "b1"]
    assert claim(database, "you") == []
    end(database, "a1")
    assert claim(database, "you") == ["a2"]


def test_an_older_one_that_is_asked_again_waits_too(database: Database) -> None:
    """What was tried again by hand stands before the one that runs, and is not begun beside it."""
    add(database, ("a1", "a"), ("a2", "a"))
    claim(database, "me")
    end(database, "a1")
    assert claim(database, "me") == ["a2"]
    with database.writing.begin() as db:
        records = AIInteractionRepository(db)
        first = records.get_by_id("a1")
        assert first is not None
        records.reopen(first, 0)
    assert claim(database, "me") == []
    end(database, "a2")
    assert claim(database, "me") == ["a1"]


def test_as_many_as_there_are_free_slots(database: Database) -> None:
    """The rest stays for others."""
    add(database, ("a1", "a"), ("b1", "b"), ("c1", "c"))
    assert claim(database, "me", limit=2) == ["a1", "b1"]
    assert claim(database, "you", limit=2) == ["c1"]


def test_a_lease_that_is_over_goes_to_whoever_asks(database: Database) -> None:
    """And every claim counts as an attempt."""
    add(database, ("a1", "a"))
    assert claim(database, "me") == ["a1"]
    assert claim(database, "you", after_s=9) == []
    assert claim(database, "you", after_s=11) == ["a1"]
    with database.reading() as db:
        found = AIInteractionRepository(db).get_by_id("a1")
        assert found is not None
        assert (found.lease_owner, found.attempts) == ("you", 2)


def test_renewed_and_released_leases(database: Database) -> None:
    """Renewing holds on; releasing lets the next one in at once."""
    add(database, ("a1", "a"))
    claim(database, "me")
    with database.writing.begin() as db:
        AIWorkRepository(db).renew("me", ["a1"], NOW + timedelta(seconds=60))
    assert claim(database, "you", after_s=30) == []
    with database.writing.begin() as db:
        AIWorkRepository(db).release("me")
    assert claim(database, "you", after_s=30) == ["a1"]


def test_a_record_that_waits_for_its_next_attempt_holds_its_group(database: Database) -> None:
    """Order counts more than haste."""
    add(database, ("a1", "a"), ("a2", "a"))
    with database.writing.begin() as db:
        first = AIInteractionRepository(db).get_by_id("a1")
        assert first is not None
        first.next_attempt_at = LATER
    assert claim(database, "me") == []
    assert claim(database, "me", after_s=11) == ["a1"]


def test_what_waits(database: Database) -> None:
    """When the first of those that were put off is due."""
    add(database, ("a1", "a"), ("b1", "b"))
    with database.writing.begin() as db:
        work = AIWorkRepository(db)
        assert work.next_due() is None
        first = AIInteractionRepository(db).get_by_id("a1")
        assert first is not None
        first.next_attempt_at = LATER
        db.flush()
        assert work.next_due() == LATER


def test_two_who_claim_at_once(database: Database) -> None:
    """Never get the same record: on PostgreSQL the second passes over what the first has locked,
    on SQLite it comes after it."""
    add(database, ("a1", "a"), ("b1", "b"))
    with database.writing() as one:
        work = AIWorkRepository(one)
        first = [row.record_id for row in work.claimable(NOW, 1, ())]
        work.lease(first, "one", LATER)
        if database.engine.dialect.name == "sqlite":
            one.commit()
        assert first == ["a1"]
        assert claim(database, "two") == ["b1"]
        one.commit()
