import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from app.config import SettingsError, load_settings
from app.db.engine import Database, open_database
from app.repositories.user_repository import UserRepository

only_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)


def pragma(database: Database, name: str, *, reader: bool = False) -> object:
    sessions = database.reading if reader else database.writing
    with sessions() as db:
        return db.execute(text(f"PRAGMA {name}")).scalar_one()


@only_sqlite
def test_sqlite_is_durable(database: Database) -> None:
    """An acknowledged message survives a loss of power: WAL, synced at every commit."""
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "synchronous") == 2


@only_sqlite
def test_only_the_writer_checkpoints(database: Database) -> None:
    """Two connections that checkpoint at once can corrupt the file, up to SQLite 3.51.2."""
    assert pragma(database, "wal_autocheckpoint") == 4000
    assert pragma(database, "wal_autocheckpoint", reader=True) == 0


@only_sqlite
def test_readers_cannot_write(database: Database) -> None:
    """The reading door refuses what belongs into the other."""
    with database.reading() as db, pytest.raises(OperationalError, match="readonly"):
        UserRepository(db).create("pat", "name", "PATIENT")


@only_sqlite
def test_reader_does_not_wait_for_the_writer(database: Database) -> None:
    """Nor does it see what is not committed."""
    with database.writing() as writer, database.reading() as reader:
        UserRepository(writer).create("pat", "name", "PATIENT")
        assert UserRepository(reader).get_by_id("pat") is None


@only_sqlite
def test_transaction_begins_as_a_writer(database: Database) -> None:
    """The lock is taken with the first statement, so that nobody is refused in the middle."""
    path = str(database.engine.url.database)
    with database.writing() as db, closing(sqlite3.connect(path, timeout=0)) as other:
        db.execute(text("SELECT 1"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")


def test_folder_is_made(tmp_path: Path) -> None:
    """The embedded default starts in an empty folder."""
    path = tmp_path / "new" / "folder" / "im.db"
    database = open_database(load_settings(database_url=f"sqlite:///{path}").database)
    assert pragma(database, "journal_mode") == "wal"
    database.dispose()
    assert path.exists()


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Is a wrong setting, and told as one."""
    (tmp_path / "file").touch()
    settings = load_settings(database_url=f"sqlite:///{tmp_path}/file/im.db").database
    with pytest.raises(SettingsError, match="DATABASE_URL: cannot make the folder"):
        open_database(settings)


@only_postgresql
def test_postgresql_limits_lock_waits(database_url: str) -> None:
    """To the same time as SQLite, on every connection of the pool."""
    database = open_database(load_settings(database_url=database_url, database_timeout=2).database)
    with database.engine.connect() as one, database.engine.connect() as two:
        for connection in (one, two):
            assert connection.execute(text("SHOW lock_timeout")).scalar_one() == "2s"
    database.dispose()


@only_postgresql
def test_options_of_the_address_count(database_url: str) -> None:
    """Beside those of the service, and before them."""
    url = make_url(database_url).update_query_dict(
        {"options": "-c lock_timeout=7s -c DateStyle=SQL"}
    )
    shown = url.render_as_string(hide_password=False)
    database = open_database(load_settings(database_url=shown).database)
    with database.engine.connect() as connection:
        for name, value in {
            "lock_timeout": "7s",
            "DateStyle": "SQL, MDY",
            "enable_seqscan": "off",
        }.items():
            assert connection.execute(text(f"SHOW {name}")).scalar_one() == value
    database.dispose()


def test_parameters_stay_out_of_errors(database: Database) -> None:
    """Errors end in logs, and parameters may be a message's text."""
    with database.writing() as db:
        UserRepository(db).create("pat", "name", "PATIENT")
        with pytest.raises(Exception, match="hidden") as error:
            UserRepository(db).create("pat", "secret", "PATIENT")
    assert "secret" not in str(error.value)
