from app.db.engine import Database
from app.repositories.ai_interaction_repository import AIInteractionRepository


def add(database: Database, *records: tuple[str, str]) -> None:
    """(record_id, group_id), in the order in which they were asked."""
    with database.writing.begin() as db:
        for record_id, group_id in records:
            AIInteractionRepository(db).create(record_id, group_id, f"msg of {record_id}", None)


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
