"""The naive way on the same database: one row, one commit, and again. What the service makes of
the same disk is told as a multiple of it."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg

from bench.databases import POSTGRESQL, SQLITE, FreshDatabase
from bench.problems import BenchError

COLUMNS = (
    "message_id", "group_id", "seq", "from_user_id", "user_role", "msg_type", "msg_content",
    "client_msg_id", "created_at", "updated_at",
)  # fmt: skip
MOMENT = "2026-01-31 08:00:00.000000"
SPARE_CONNECTIONS = 10
"""Of PostgreSQL's `max_connections`: some are reserved, some others may be in use."""
Insert = Callable[[int], object]


def measure(database: FreshDatabase, users: int, seconds: float, size: int) -> tuple[float, int]:
    """Rows a second, and over how many connections. The service's table is only copied.
    Raises BenchError."""
    if database.kind == SQLITE:
        return _sqlite(Path(database.url.removeprefix("sqlite:///")), seconds, size), 1
    if database.kind == POSTGRESQL:
        return _postgresql(database.url, users, seconds, size)
    raise BenchError("--floor: measures SQLite and PostgreSQL only")


def _sqlite(path: Path, seconds: float, size: int) -> float:
    with (
        closing(sqlite3.connect(path)) as origin,
        closing(sqlite3.connect(path.with_name("floor.db"), isolation_level=None)) as copy,
    ):
        copy.execute("PRAGMA journal_mode=WAL")
        copy.execute("PRAGMA synchronous=FULL")
        made_by = "SELECT sql FROM sqlite_master WHERE tbl_name='messages' AND sql IS NOT NULL"
        for (statement,) in origin.execute(made_by):
            copy.execute(statement)
        insert = _statement("messages", "?")
        done = _repeat(lambda n: copy.execute(insert, _row(0, n, size)), time.monotonic() + seconds)
    return done / seconds


def _postgresql(url: str, users: int, seconds: float, size: int) -> tuple[float, int]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE floor (LIKE messages INCLUDING ALL)")
        found = connection.execute("SHOW max_connections").fetchone()
    count = min(users, max(1, int(found[0] if found else 0) - SPARE_CONNECTIONS))
    together = threading.Barrier(count)
    done = [0] * count

    def work(number: int) -> None:
        insert = _statement("floor", "%s")
        with psycopg.connect(url, autocommit=True) as own:
            together.wait()
            done[number] = _repeat(
                lambda n: own.execute(insert, _row(number, n, size)),
                time.monotonic() + seconds,
            )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds, count


def _repeat(insert: Insert, deadline: float) -> int:
    count = 0
    while time.monotonic() < deadline:
        count += 1
        insert(count)
    return count


def _statement(table: str, mark: str) -> str:
    marks = ", ".join([mark] * len(COLUMNS))
    return f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608 - constants


def _row(user: int, number: int, size: int) -> tuple[object, ...]:
    """As long as a row of the service."""
    message_id = f"msg_20260131080000{user:08}{number:012}"
    group_id, user_id = f"group_20260131080000{user:020}", f"bench_00000000_{user}"
    return (
        message_id, group_id, number, user_id, "DOCTOR", "TEXT", "x" * size, f"{number:08}",
        MOMENT, MOMENT,
    )  # fmt: skip
