"""One instance migrates at a time; the others wait, however long it takes."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

KEY = 0x696D_6D69
"""PostgreSQL's advisory lock; the number only has to be the same in every instance."""
NAME = "CONCAT('im_migrate:', MD5(DATABASE()))"
A_YEAR = 31_536_000


@contextmanager
def locked_transaction(engine: Engine) -> Iterator[Connection]:
    """Committed at the end. SQLite's BEGIN IMMEDIATE is the lock."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": KEY})
        if engine.dialect.name == "mysql":
            with _named_lock(connection):
                yield connection
                connection.commit()
        else:
            yield connection
            connection.commit()


@contextmanager
def _named_lock(connection: Connection) -> Iterator[None]:
    """The connection's and not the transaction's, since each step commits by itself."""
    connection.exec_driver_sql(f"SELECT GET_LOCK({NAME}, {A_YEAR})")
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"SELECT RELEASE_LOCK({NAME})")
