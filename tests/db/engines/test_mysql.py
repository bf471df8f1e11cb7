"""MySQL and MariaDB are set up so that they behave as the other databases do."""

import threading

import pytest
from pymysql.err import OperationalError as DriverError
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session

from app.config import load_settings
from app.db import migrate
from app.db.engine import Database, open_database
from app.db.engines.mysql import collation_of
from app.db.migrate import SchemaMismatch
from app.db.session import SyncDoor, nothing_to_deliver
from app.repositories.group_repository import GroupRepository
from app.repositories.user_repository import UserRepository
from tests.support.mariadb import MariaDatabases
from tests.support.processes import Finished, free_port, im

only_mariadb = pytest.mark.parametrize("databases", ["mariadb"], indirect=True)


@only_mariadb
def test_ids_differ_by_case_accents_and_trailing_spaces(database: Database) -> None:
    """As on the other databases."""
    with database.writing() as db:
        for user_id in ("pat", "Pat", "pát", "pat "):
            assert UserRepository(db).create_if_absent(user_id, "PATIENT")
            assert not UserRepository(db).create_if_absent(user_id, "PATIENT")


@only_mariadb
def test_what_does_not_fit_is_refused(database: Database) -> None:
    """And not cut off."""
    with database.writing() as db, pytest.raises(DataError):
        UserRepository(db).create_if_absent("u" * 49, "PATIENT")


@only_mariadb
def test_readers_cannot_write(database: Database) -> None:
    """The reading door refuses what belongs into the other."""
    with database.reading() as db, pytest.raises(OperationalError, match="READ ONLY"):
        UserRepository(db).create("pat", "name", "PATIENT")


@only_mariadb
def test_a_reader_sees_one_moment(database: Database) -> None:
    """And a writer what was committed before each of its statements."""
    with database.reading() as reader, database.writing() as other, database.writing() as writer:
        for db in (reader, other):
            assert UserRepository(db).get_by_id("pat") is None
        UserRepository(writer).create("pat", "name", "PATIENT")
        writer.commit()
        assert UserRepository(reader).get_by_id("pat") is None
        assert UserRepository(other).get_by_id("pat") is not None


@only_mariadb
def test_connections_are_in_utc_and_wait_for_locks_as_long_as_told(database_url: str) -> None:
    """Whole seconds are all that the server knows."""
    settings = load_settings(database_url=database_url, database_timeout=1.5).database
    database = open_database(settings)
    for engine in (database.engine, database.reading_engine):
        with engine.connect() as connection:
            found = connection.execute(text("SELECT @@time_zone, @@innodb_lock_wait_timeout"))
            assert tuple(found.one()) == ("+00:00", 2)
    database.dispose()


@only_mariadb
def test_who_loses_a_deadlock_is_tried_again(database: Database) -> None:
    """Nothing of it was committed, so nobody needs to know. The other has changed more, so it is
    the one to be kept."""
    with database.writing() as db:
        for name in ("a", "b"):
            GroupRepository(db).create(name, name, None, "doc")
        db.commit()
    other = database.writing()
    crossing = threading.Thread(target=lambda: GroupRepository(other).lock("b"))
    tries = []

    def work(db: Session) -> None:
        tries.append(1)
        if len(tries) == 2:
            crossing.join(10)
            other.rollback()
        GroupRepository(db).lock("b")
        if len(tries) == 1:
            crossing.start()
        GroupRepository(db).lock("a")

    for number in range(9):
        UserRepository(other).create(f"u{number}", "name", "PATIENT")
    GroupRepository(other).lock("a")
    SyncDoor(database, nothing_to_deliver).run(work)
    other.close()
    assert len(tries) == 2


@pytest.mark.parametrize(
    ("version", "collation"),
    [
        ("5.5.5-10.6.12-MariaDB-log", "utf8mb4_nopad_bin"),
        ("10.11.19-MariaDB-0+deb12u1", "utf8mb4_nopad_bin"),
        ("11.4.2-MariaDB", "utf8mb4_nopad_bin"),
        ("8.0.36", "utf8mb4_0900_bin"),
        ("8.4.0-commercial", "utf8mb4_0900_bin"),
    ],
)
def test_collations_of_servers(version: str, collation: str) -> None:
    """Each has a name of its own for the same thing."""
    assert collation_of(version) == collation


@pytest.mark.parametrize("version", ["5.7.44", "8.0.16", "5.5.5-10.5.8-MariaDB", "10.5.23-MariaDB"])
def test_servers_that_are_too_old(version: str) -> None:
    """Are refused with what is needed."""
    with pytest.raises(DriverError, match=r"is too old: [\d.]+ or later is needed"):
        collation_of(version)


def test_a_database_of_another_collation(mariadb: MariaDatabases) -> None:
    """Is set right while it is empty; with tables it is refused, with the cure."""
    url = mariadb.new(migrated=False)
    name = make_url(url).database
    mariadb.execute(f"ALTER DATABASE {name} CHARACTER SET latin1")
    database = open_database(load_settings(database_url=url).database)
    migrate.upgrade(database.engine)
    migrate.check(database.engine)
    mariadb.execute(f"ALTER TABLE {name}.users CONVERT TO CHARACTER SET utf8mb4")
    for step in (migrate.check, migrate.upgrade):
        with pytest.raises(SchemaMismatch, match=r"users.* ALTER TABLE users CONVERT TO"):
            step(database.engine)
    mariadb.execute(
        f"ALTER TABLE {name}.users CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"
    )
    migrate.check(database.engine)
    database.dispose()


def test_a_migration_that_was_cut_off(mariadb: MariaDatabases) -> None:
    """Each step commits by itself there, so it is begun again and what is done is left alone."""
    url = mariadb.new()
    name = make_url(url).database
    for cut in (
        (
            "DELETE FROM alembic_version",
            "DROP TABLE database_identity",
            "DROP TABLE ai_interaction_records",
            "DROP INDEX idx_messages_created_at ON messages",
        ),
        (
            "UPDATE alembic_version SET version_num = '0001'",
            "ALTER TABLE ai_interaction_records DROP asked_at_seq",
        ),
    ):
        mariadb.execute(f"USE {name}", *cut)
        database = open_database(load_settings(database_url=url).database)
        migrate.upgrade(database.engine)
        migrate.check(database.engine)
        with database.engine.connect() as connection:
            assert connection.execute(text("SELECT epoch FROM database_identity")).scalar_one()
        database.dispose()


def one_line(done: Finished) -> str:
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "throw-away" not in done.stderr
    return done.stderr


def test_what_the_operator_is_told(mariadb: MariaDatabases) -> None:
    """One line each: wrong password, no such database, nobody there, no schema."""
    url = make_url(mariadb.new(migrated=False)).set(query={}, host="127.0.0.1")
    there = url.set(port=mariadb.server.port)
    for wrong, words in {
        there.set(password="wrong"): "Access denied",
        there.set(database="im_nowhere"): "Unknown database",
        url.set(port=free_port()): "Can't connect",
        there: "run `im db upgrade`",
    }.items():
        shown = wrong.render_as_string(hide_password=False)
        assert words in one_line(im("db", "current", DATABASE_URL=shown))
