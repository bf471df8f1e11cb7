import sqlite3
import time
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from app.config import DatabaseSettings, SettingsError
from app.db.engines.base import Database, pooled, sessions
from app.db.exclusive import ExclusiveFile

CHECKPOINT_PAGES = 4000
"""A WAL of 16 MB before the writer folds it into the database file."""


def open_sqlite(settings: DatabaseSettings) -> Database:
    """One writing connection, which alone checkpoints: SQLite up to 3.51.2 can corrupt a WAL that
    two connections checkpoint together. Readers never write and never wait for the writer."""
    _make_folder(Path(str(settings.url.database)).parent)
    half = max(2, settings.database_pool_size // 2)
    timeout_ms = int(settings.database_timeout * 1000)
    writer = _engine(settings, 1, "BEGIN IMMEDIATE", (
        f"PRAGMA busy_timeout={timeout_ms}",
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}",
        "PRAGMA temp_store=MEMORY",
    ))  # fmt: skip
    reader = _engine(settings, half, "BEGIN", (
        f"PRAGMA busy_timeout={timeout_ms}",
        "PRAGMA wal_autocheckpoint=0",
        "PRAGMA query_only=ON",
    ))  # fmt: skip
    return Database(
        sessions(writer), sessions(reader), writer, reader, 1, half, settings.database_timeout,
        ExclusiveFile(Path(str(settings.url.database))),
    )  # fmt: skip


def _execute_patiently(connection: sqlite3.Connection, pragma: str, timeout_s: float) -> None:
    """Who changes a new file to WAL is refused at once where another process is doing the same,
    whatever the busy timeout."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            connection.execute(pragma)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"DATABASE_URL: cannot make the folder {folder}: {error.strerror}"
        raise SettingsError(msg) from error


def _engine(
    settings: DatabaseSettings, pool_size: int, begin: str, pragmas: tuple[str, ...]
) -> Engine:
    engine = pooled(settings, pool_size, connect_args={"check_same_thread": False})

    def connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - narrows the driver's type
        connection.isolation_level = None  # the driver's own BEGIN would start as a reader
        for pragma in pragmas:
            _execute_patiently(connection, pragma, settings.database_timeout)

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine
