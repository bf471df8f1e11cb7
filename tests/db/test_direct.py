"""On PostgreSQL, the one database whose message path has statements of this kind."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.config import load_settings
from app.db.direct import execute_directly
from app.db.engine import Database, open_database
from app.db.session import SyncDoor, nothing_to_deliver

pytestmark = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)


def test_part_of_the_transaction(database: Database) -> None:
    """It sees what the session has done, and is undone with it."""
    with database.writing() as db:
        db.execute(text("CREATE TABLE seen (n int)"))
        execute_directly(db, "INSERT INTO seen VALUES ($1), ($2) RETURNING n", 1, 2)
        assert execute_directly(db, "SELECT n FROM seen ORDER BY n") == [(1,), (2,)]
        db.rollback()
        assert execute_directly(db, "SELECT to_regclass('seen')") == [(None,)]


def test_refused_statement(database: Database) -> None:
    """Is an error as of any other statement, without its values."""
    with database.writing() as db:
        with pytest.raises(DBAPIError) as refused:
            execute_directly(db, "SELECT 1 / $1::int", 0)
        assert not refused.value.connection_invalidated
        assert "division by zero" in str(refused.value)
        db.rollback()
        assert execute_directly(db, "SELECT 1") == [(1,)]


def test_lost_connection(database: Database, database_url: str) -> None:
    """Is known for one, so that the door tries again on another."""
    door = SyncDoor(database, nothing_to_deliver)
    (pid,) = door.run(lambda db: execute_directly(db, "SELECT pg_backend_pid()"))[0]
    other = open_database(load_settings(database_url=database_url).database)
    with other.reading() as db:
        execute_directly(db, "SELECT pg_terminate_backend($1, 5000)", pid)
    other.dispose()
    tries = []

    def work(db: Session) -> object:
        tries.append(1)
        return execute_directly(db, "SELECT 1")

    assert door.run(work) == [(1,)]
    assert len(tries) == 2


KEPT = "SELECT group_id FROM groups WHERE group_id = $1"


def test_only_these_are_prepared(database: Database) -> None:
    """However often anything else is executed; and once on each connection, though the transaction
    is undone."""
    with database.writing() as db:
        for number in range(10):
            assert execute_directly(db, KEPT, f"it's \\{number}") == []
            db.execute(text("SELECT user_id FROM users WHERE user_id = :id"), {"id": "x"})
            db.rollback()
        found = db.execute(text("SELECT statement FROM pg_prepared_statements")).scalars().all()
    assert [statement.partition(" AS ")[2] for statement in found] == [KEPT]


def test_plans_are_by_index_from_the_first(database: Database) -> None:
    """Though the table is empty, and reading all of it would be cheapest."""
    with database.writing() as db:
        execute_directly(db, KEPT, "x")
        plan = db.execute(text("EXPLAIN EXECUTE im_0('x')")).scalars().all()
    assert any("Index" in line for line in plan)
    assert not any("Seq Scan" in line for line in plan)


def test_begins_the_transaction_on_the_way(database: Database) -> None:
    """What it begins is the session's own: READ COMMITTED, and over with the commit."""
    with database.writing() as db:
        rows = execute_directly(db, "SELECT current_setting('transaction_isolation'), now()")
        (isolation, began) = rows[0]
        assert isolation == "read committed"
        assert db.scalar(text("SELECT now()")) == began
        db.commit()
        assert execute_directly(db, "SELECT now()") != [(began,)]
