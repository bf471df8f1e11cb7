from datetime import timedelta

from app.db.engine import Database
from app.repositories.ai_interaction_repository import AIInteractionRepository
from app.utils.clock import utc_now

NOW = utc_now()
LATER = NOW + timedelta(seconds=10)


def add(database: Database, *records: tuple[str, str]) -> None:
    """(record_id, group_id), in the order in which they were asked."""
    with database.writing.begin() as db:
        for record_id, group_id in records:
            AIInteractionRepository(db).create(record_id, group_id, f"msg of {record_id}", None)


def claim(database: Database, owner: str, *, limit: int = 10, after_s: float = 0) -> list[str]:
    now = NOW + timedelta(seconds=after_s)
    with database.writing.begin() as db:
        claimed = AIInteractionRepository(db).claim(owner, now, now + timedelta(seconds=10), limit)
        return [record.record_id for record in claimed]


def finish(database: Database, record_id: str, owner: str) -> bool:
    with database.writing.begin() as db:
        return AIInteractionRepository(db).finish([record_id], owner, status=1)


def test_the_oldest_of_each_group_and_no_second_while_it_runs(database: Database) -> None:
    """One at a time, in order; the next only after the end of the first."""
    add(database, ("a1", "a"), ("a2", "a"), ("b1", "b"))
    assert claim(database, "me") == ["a1", "b1"]
    assert claim(database, "you") == []
    assert finish(database, "a1", "me")
    assert claim(database, "you") == ["a2"]


def test_as_many_as_there_are_free_slots(database: Database) -> None:
    """The rest stays for others."""
    add(database, ("a1", "a"), ("b1", "b"), ("c1", "c"))
    assert claim(database, "me", limit=2) == ["a1", "b1"]
    assert claim(database, "you", limit=2) == ["c1"]


def test_a_lease_that_is_over_goes_to_whoever_asks(database: Database) -> None:
    """And the first owner's late result changes nothing."""
    add(database, ("a1", "a"))
    assert claim(database, "me") == ["a1"]
    assert claim(database, "you", after_s=9) == []
    assert claim(database, "you", after_s=11) == ["a1"]
    assert not finish(database, "a1", "me")
    assert finish(database, "a1", "you")
    assert not finish(database, "a1", "you")


def test_renewed_and_released_leases(database: Database) -> None:
    """Renewing holds on; releasing lets the next one in at once."""
    add(database, ("a1", "a"))
    claim(database, "me")
    with database.writing.begin() as db:
        AIInteractionRepository(db).renew("me", ["a1"], NOW + timedelta(seconds=60))
    assert claim(database, "you", after_s=30) == []
    with database.writing.begin() as db:
        AIInteractionRepository(db).release("me")
    assert claim(database, "you", after_s=30) == ["a1"]
    with database.reading() as db:
        found = AIInteractionRepository(db).get_by_id("a1")
        assert found is not None
        assert found.attempts == 2


def test_a_record_that_waits_for_its_next_attempt_holds_its_group(database: Database) -> None:
    """Order counts more than haste."""
    add(database, ("a1", "a"), ("a2", "a"))
    with database.writing.begin() as db:
        first = AIInteractionRepository(db).get_by_id("a1")
        assert first is not None
        first.next_attempt_at = LATER
    assert claim(database, "me") == []
    assert claim(database, "me", after_s=11) == ["a1"]


def test_ends_by_hand_and_listing(database: Database) -> None:
    """What scripts use: newest first, by page and by status."""
    add(database, ("a1", "a"), ("a2", "a"), ("a3", "a"))
    with database.writing.begin() as db:
        records = AIInteractionRepository(db)
        records.update_success("a1", "msg_reply", '{"reply": "x"}', 12)
        records.update_failed("a2", "no answer")
    with database.reading() as db:
        records = AIInteractionRepository(db)
        assert [r.record_id for r in records.get_by_group("a", 1, 2)[0]] == ["a3", "a2"]
        assert [r.record_id for r in records.get_by_group("a", 2, 2)[0]] == ["a1"]
        (failed,), total = records.get_by_group("a", 1, 10, status=2)
        assert (failed.record_id, failed.error_message, total) == ("a2", "no answer", 1)
        assert records.get_by_group("b", 1, 10) == ([], 0)


def test_two_who_claim_at_once(database: Database) -> None:
    """Never get the same record: on PostgreSQL the second passes over what the first has locked,
    on SQLite it comes after it."""
    add(database, ("a1", "a"), ("b1", "b"))
    with database.writing() as one:
        first = AIInteractionRepository(one).claim("one", NOW, LATER, 1)
        if database.engine.dialect.name == "sqlite":
            one.commit()
        assert [record.record_id for record in first] == ["a1"]
        assert claim(database, "two") == ["b1"]
        one.commit()
