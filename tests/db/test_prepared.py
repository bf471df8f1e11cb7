from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.config import load_settings
from app.db.engine import open_database
from app.db.prepared import keep_plan
from tests.support.databases import PostgresDatabases

KEPT = keep_plan("SELECT group_id FROM groups WHERE group_id = %s")
OTHER = "SELECT user_id FROM users WHERE user_id = %s"


@pytest.fixture
def db(postgres: PostgresDatabases) -> Iterator[Session]:
    opened = open_database(load_settings(database_url=postgres.new()).database)
    with opened.writing() as session:
        yield session
    opened.dispose()


def test_only_what_asks_for_it_is_prepared(db: Session) -> None:
    """However often anything else is executed."""
    for _ in range(10):
        for statement in (KEPT, OTHER):
            db.connection().exec_driver_sql(statement, ("x",)).all()
        db.execute(text("SELECT 1"))
    found = db.execute(text("SELECT statement FROM pg_prepared_statements")).scalars().all()
    assert [statement.replace("$1", "%s") for statement in found] == [KEPT]


def test_kept_plans_are_by_index_from_the_first(db: Session) -> None:
    """Though the table is empty, and reading all of it would be cheapest."""
    plan = db.connection().exec_driver_sql(f"EXPLAIN {KEPT}", ("x",)).scalars().all()
    assert any("Index" in line for line in plan)
    assert not any("Seq Scan" in line for line in plan)
