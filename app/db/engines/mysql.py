"""MySQL 8 and MariaDB, over PyMySQL.

Reading and writing have a pool each: what a snapshot is, is set once for a connection, where
changing it back and forth would cost four round trips for each use case.
"""

import math
import socket
from typing import Any

from pymysql.connections import Connection as Driver
from pymysql.constants import SERVER_STATUS
from pymysql.err import OperationalError
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from app.config import DatabaseSettings
from app.db.engines.base import Database, pooled, sessions

OLDEST_MARIADB, OLDEST_MYSQL = (10, 6), (8, 0, 17)
STRICT = (
    "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION"
)
"""What does not fit is refused; otherwise it would be cut off and stored."""
KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 10_000}
"""A peer that has gone without a word is found out after about ten seconds, not after hours."""
WRITER, SNAPSHOT = "READ COMMITTED", "REPEATABLE READ, READ ONLY"


def open_mysql(settings: DatabaseSettings) -> Database:
    size = settings.database_pool_size
    writer = _engine(settings, size // 2, WRITER)
    reader = _engine(settings, size - size // 2, SNAPSHOT)
    return Database(
        sessions(writer), sessions(reader), writer, reader, size // 2, size - size // 2,
        settings.database_timeout,
    )  # fmt: skip


def collation_of(version: str) -> str:
    """Compares as other databases do: letter by letter, trailing spaces too. Raises
    OperationalError for a server that is too old."""
    ours = "MariaDB" in version
    numbers = _numbers(version.removeprefix("5.5.5-"))  # how MariaDB told its age to old clients
    oldest = OLDEST_MARIADB if ours else OLDEST_MYSQL
    if numbers < oldest:
        wanted = ".".join(map(str, oldest))
        name = "MariaDB" if ours else "MySQL"
        raise OperationalError(0, f"{name} {version} is too old: {wanted} or later is needed")
    return "utf8mb4_nopad_bin" if ours else "utf8mb4_0900_bin"


def _numbers(version: str) -> tuple[int, ...]:
    found = version.partition("-")[0].split(".")
    return tuple(int(number) for number in found if number.isdecimal())


def _engine(settings: DatabaseSettings, pool_size: int, transactions: str) -> Engine:
    patience = settings.database_timeout
    engine = pooled(
        settings,
        pool_size,
        connect_args={
            "charset": "utf8mb4",
            "sql_mode": STRICT,
            # while connecting; later a slow statement is nobody's fault
            "connect_timeout": patience,
            "read_timeout": patience,
            "write_timeout": patience,
            **({"ssl_disabled": True} if "unix_socket" in settings.url.query else {}),
        },
        pool_reset_on_return=None,
    )

    def connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        assert isinstance(connection, Driver)  # noqa: S101 - narrows the driver's type
        _prepare(connection, math.ceil(patience), transactions)

    event.listen(engine, "connect", connected)
    event.listen(engine, "reset", _reset)
    return engine


def _prepare(connection: Driver, lock_seconds: int, transactions: str) -> None:
    collation = collation_of(str(connection.get_server_info()))
    with connection.cursor() as cursor:
        cursor.execute(f"SET NAMES utf8mb4 COLLATE {collation}")
        cursor.execute(
            f"SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = {lock_seconds}, "
            f"lock_wait_timeout = {lock_seconds}, default_storage_engine = InnoDB"
        )
        cursor.execute(f"SET SESSION TRANSACTION ISOLATION LEVEL {transactions}")
    link = connection._sock  # noqa: SLF001 - the driver has no name for it
    if link.family != socket.AF_UNIX:
        for option, value in KEEPALIVE.items():
            if hasattr(socket, option):
                link.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    connection._read_timeout = connection._write_timeout = None  # noqa: SLF001 - nor for these


def _reset(connection: DBAPIConnection, _entry: ConnectionPoolEntry, _state: Any) -> None:
    """What was committed or rolled back needs no second round trip."""
    assert isinstance(connection, Driver)  # noqa: S101 - narrows the driver's type
    if connection.open and connection.server_status & SERVER_STATUS.SERVER_STATUS_IN_TRANS:
        connection.rollback()
