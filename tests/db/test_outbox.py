from app.db import outbox
from app.db.engine import Database


def test_events_are_kept_in_order(database: Database) -> None:
    """And are taken once."""
    with database.writing() as db:
        outbox.record(db, "a")
        outbox.record(db, "b")
        assert outbox.take(db) == ["a", "b"]
        assert outbox.take(db) == []


def test_each_session_has_its_own(database: Database) -> None:
    """What one use case tells is not told by another."""
    with database.reading() as one, database.reading() as two:
        outbox.record(one, "a")
        assert outbox.take(two) == []
