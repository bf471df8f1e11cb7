"""The schema's history, on both databases."""

import multiprocessing
import os
import threading
from collections.abc import Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

import app.models
from app.config import load_settings
from app.db import migrate, migration_lock
from app.db.base import BaseModel
from app.db.engine import Database, open_database
from app.db.migrate import SchemaMismatch
from tests.support.databases import Databases
from tests.support.processes import finished

ROOT = Path(__file__).parents[2]
TABLES = {
    "users", "groups", "group_members", "messages", "ai_interaction_records", "database_identity",
}  # fmt: skip


@pytest.fixture
def empty_url(databases: Databases) -> str:
    return databases.new(migrated=False)


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    opened = open_database(load_settings(database_url=empty_url).database)
    yield opened
    opened.dispose()


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def epoch(database: Database) -> str:
    with database.engine.connect() as connection:
        return str(connection.execute(text("SELECT epoch FROM database_identity")).scalar_one())


def set_revision(database: Database, revision: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})


def test_up_down_and_up_again(empty: Database) -> None:
    """From empty to head to base to head."""
    assert tables(empty) == set()
    migrate.upgrade(empty.engine)
    assert tables(empty) == TABLES
    assert migrate.current_revision(empty.engine) == migrate.head_revision()
    migrate.downgrade(empty.engine)
    assert tables(empty) == set()
    assert migrate.current_revision(empty.engine) is None
    migrate.upgrade(empty.engine)
    assert tables(empty) == TABLES


def test_models_and_migrations_agree(database: Database) -> None:
    """Autogenerate has nothing to add, to drop or to change, defaults included."""
    assert app.models.__all__
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, BaseModel.metadata) == []


def test_upgrade_twice(database: Database) -> None:
    """Changes nothing the second time, the epoch least of all."""
    before = epoch(database)
    migrate.upgrade(database.engine)
    assert epoch(database) == before


def test_every_database_has_its_own_epoch(databases: Databases) -> None:
    """So that a client notices when it talks to another one."""
    found = set()
    for _ in range(2):
        url = databases.new(migrated=False)
        database = open_database(load_settings(database_url=url).database)
        migrate.upgrade(database.engine)
        found.add(epoch(database))
        database.dispose()
    assert len(found) == 2


def test_schema_behind(empty: Database) -> None:
    """Is told with the command that mends it."""
    with pytest.raises(SchemaMismatch, match=r"at nothing, .* needs 0\d+: run `im db upgrade`"):
        migrate.check(empty.engine)


def test_schema_ahead(database: Database) -> None:
    """Is refused: an older version must not touch what a newer one has made."""
    set_revision(database, "9999")
    for check in (migrate.check, migrate.check_not_ahead):
        with pytest.raises(SchemaMismatch, match="9999, which this version does not know"):
            check(database.engine)


def test_schema_up_to_date(database: Database) -> None:
    """Passes both checks."""
    migrate.check(database.engine)
    migrate.check_not_ahead(database.engine)


def upgrade_in_a_process(url: str, barrier: Barrier) -> None:
    database = open_database(load_settings(database_url=url).database)
    barrier.wait(20)
    migrate.check_not_ahead(database.engine)
    migrate.upgrade(database.engine)
    migrate.check(database.engine)
    database.dispose()


def test_several_processes_at_once(empty: Database, empty_url: str) -> None:
    """All succeed on an empty database, and one of them has done the work."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    barrier = processes.Barrier(4)
    starting = [
        processes.Process(target=upgrade_in_a_process, args=(empty_url, barrier)) for _ in range(4)
    ]
    for process in starting:
        process.start()
    for process in starting:
        process.join(30)
    assert [process.exitcode for process in starting] == [0] * 4
    assert tables(empty) == TABLES
    assert epoch(empty)


HOLD = {
    "postgresql": f"SELECT pg_advisory_xact_lock({migration_lock.KEY})",
    "mysql": f"SELECT GET_LOCK({migration_lock.NAME}, 1)",
}


@pytest.mark.parametrize("databases", ["postgresql", "mariadb"], indirect=True)
def test_waiting_for_a_long_migration(empty_url: str) -> None:
    """However long another instance takes, this one waits for it."""
    database = open_database(load_settings(database_url=empty_url, database_timeout=0.1).database)
    others = open_database(load_settings(database_url=empty_url).database)
    with others.engine.connect() as connection:
        connection.execute(text(HOLD[others.engine.dialect.name]))
        upgrading = threading.Thread(target=migrate.upgrade, args=(database.engine,))
        upgrading.start()
        upgrading.join(0.5)
        assert upgrading.is_alive()
        connection.invalidate()
    upgrading.join(20)
    assert tables(database) == TABLES
    database.dispose()
    others.dispose()


def alembic(url: str, *arguments: str) -> str:
    env = {**os.environ, "DATABASE_URL": url}
    done = finished("-m", "alembic", *arguments, env=env, folder=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_alembic_command(empty: Database, empty_url: str) -> None:
    """`alembic upgrade head` does what `im db upgrade` does, and `downgrade base` undoes it."""
    alembic(empty_url, "upgrade", "head")
    assert tables(empty) == TABLES
    migrate.check(empty.engine)
    alembic(empty_url, "downgrade", "base")
    assert tables(empty) == set()
