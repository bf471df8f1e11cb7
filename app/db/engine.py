"""Engines and their pools. Traps of each database are handled here and nowhere else."""

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from app.config import DatabaseSettings, SettingsError
from app.db.exclusive import ExclusiveFile

CHECKPOINT_PAGES = 4000
"""A WAL of 16 MB before the writer folds it into the database file."""

KEEPALIVE = {
    "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}  # fmt: skip
"""A peer that has gone without a word is found out after about ten seconds, not after hours."""


@dataclass(frozen=True, slots=True)
class Database:
    """`writers` and `readers` are how many threads may use each engine at once. Parameters are
    hidden from errors, since errors end in logs."""

    writing: sessionmaker[Session]
    reading: sessionmaker[Session]
    engine: Engine
    reading_engine: Engine
    writers: int
    readers: int
    timeout_s: float
    exclusive: ExclusiveFile | None = None

    def dispose(self) -> None:
        """The writer goes last: on SQLite the last connection to close makes a checkpoint."""
        self.reading_engine.dispose()
        self.engine.dispose()
        if self.exclusive is not None:
            self.exclusive.release()


def open_database(settings: DatabaseSettings) -> Database:
    if settings.is_sqlite:
        return _open_sqlite(settings)
    engine = create_engine(
        settings.url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        hide_parameters=True,
        connect_args={
            "connect_timeout": max(1, round(settings.database_timeout)),
            "prepare_threshold": None,
            "options": _postgresql_options(settings),
            **KEEPALIVE,
        },
        isolation_level="READ COMMITTED",
    )
    half = settings.database_pool_size // 2
    # All that a use case reads is of one moment: who is a member, and what members may see.
    snapshots = engine.execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )
    return Database(
        sessionmaker(engine, expire_on_commit=False),
        sessionmaker(snapshots, expire_on_commit=False),
        engine, snapshots, half, settings.database_pool_size - half,
        settings.database_timeout,
    )  # fmt: skip


def _postgresql_options(settings: DatabaseSettings) -> str:
    """Somebody else's lock holds messages up no longer than on SQLite. And a plan that is kept is
    by index from the first, while its tables are still empty. Part of the connecting, so that its
    time limit is that of this as well; what the address says comes last and counts."""
    own = {
        "lock_timeout": int(settings.database_timeout * 1000),
        "enable_seqscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
    }
    given = settings.url.query.get("options", "")
    return " ".join([*(f"-c {name}={value}" for name, value in own.items()), str(given)]).strip()


def _open_sqlite(settings: DatabaseSettings) -> Database:
    """One writing connection, which alone checkpoints: SQLite up to 3.51.2 can corrupt a WAL that
    two connections checkpoint together. Readers never write and never wait for the writer."""
    _make_folder(Path(str(settings.url.database)).parent)
    half = max(2, settings.database_pool_size // 2)
    timeout_ms = int(settings.database_timeout * 1000)
    writer = _sqlite_engine(settings, 1, "BEGIN IMMEDIATE", (
        f"PRAGMA busy_timeout={timeout_ms}",
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}",
        "PRAGMA temp_store=MEMORY",
    ))  # fmt: skip
    reader = _sqlite_engine(settings, half, "BEGIN", (
        f"PRAGMA busy_timeout={timeout_ms}",
        "PRAGMA wal_autocheckpoint=0",
        "PRAGMA query_only=ON",
    ))  # fmt: skip
    return Database(
        sessionmaker(writer, expire_on_commit=False),
        sessionmaker(reader, expire_on_commit=False),
        writer, reader, 1, half, settings.database_timeout,
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


def _sqlite_engine(
    settings: DatabaseSettings, pool_size: int, begin: str, pragmas: tuple[str, ...]
) -> Engine:
    engine = create_engine(
        settings.url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )

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
