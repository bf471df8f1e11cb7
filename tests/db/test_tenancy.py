from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from app.config import load_settings
from app.db.engine import Database, open_database
from app.db.exclusive import InUse
from app.db.tenancy import Tenancy

pytestmark = pytest.mark.parametrize("databases", ["postgresql", "mariadb"], indirect=True)


@contextmanager
def tenant(url: str, *, shared: bool) -> Iterator[Tenancy]:
    database = open_database(load_settings(database_url=url).database)
    tenancy = Tenancy(database.engine, shared=shared, patience_s=0.1)
    try:
        yield tenancy
    finally:
        tenancy.release()
        database.dispose()


@pytest.mark.parametrize(
    ("first", "second", "goes"),
    [(False, False, False), (False, True, False), (True, False, False), (True, True, True)],
)
def test_who_goes_with_whom(database_url: str, first: bool, second: bool, goes: bool) -> None:
    """Those that share do; who is alone goes with nobody, until he has left."""
    with tenant(database_url, shared=first) as one, tenant(database_url, shared=second) as other:
        one.acquire()
        one.acquire()
        if goes:
            other.acquire()
            return
        with pytest.raises(InUse):
            other.acquire()
        one.release()
        other.acquire()


def test_another_database_of_the_same_server(database_url: str, databases: object) -> None:
    """Has a lock of its own."""
    with (
        tenant(database_url, shared=False) as one,
        tenant(databases.new(), shared=False) as other,  # type: ignore[attr-defined]
    ):
        one.acquire()
        other.acquire()


def test_a_connection_that_has_ended(database: Database, database_url: str) -> None:
    """Gives the lock to whoever comes; who had it takes it again, or hears that it is gone."""
    with tenant(database_url, shared=False) as one, tenant(database_url, shared=False) as other:
        one.acquire()
        one.check()
        _end_all_others(database)
        one.check()
        with pytest.raises(InUse):
            other.acquire()
        _end_all_others(database)
        other.acquire()
        with pytest.raises(InUse):
            one.check()


def _end_all_others(database: Database) -> None:
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname ="
                    " current_database() AND pid <> pg_backend_pid()"
                )
            )
            return
        query = text("SELECT id FROM information_schema.processlist WHERE db = DATABASE()")
        own = connection.scalar(text("SELECT CONNECTION_ID()"))
        for number in [one for one in connection.scalars(query) if one != own]:
            connection.execute(text(f"KILL {number}"))
