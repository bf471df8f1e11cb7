"""Groups and messages by the hundred thousand, written into the database behind the service's back.
The service must not run on it meanwhile."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg

from bench.databases import POSTGRESQL, SQLITE, FreshDatabase
from bench.groups import Group
from bench.problems import BenchError

BEGIN = datetime(2026, 1, 31, 8, tzinfo=UTC)
MESSAGE = (
    "message_id", "group_id", "seq", "from_user_id", "user_role", "msg_type", "msg_content",
    "client_msg_id", "created_at", "updated_at",
)  # fmt: skip
USER = ("user_id", "username", "user_role")
GROUP = ("group_id", "group_name", "created_by", "last_seq")
MEMBER = ("group_id", "user_id", "user_role")
ROLE = "DOCTOR"
"""So that no AI answers."""
Row = tuple[object, ...]


def load(database: FreshDatabase, count: int, size: int, messages: int, length: int) -> list[Group]:
    """So many groups of this size, each with so many messages of this length. The database is
    migrated already."""
    groups = [group(number, size) for number in range(count)]
    users = [user for each in groups for user in each.members]
    write(database, "users", USER, ((user, user, ROLE) for user in users))
    heads = ((g.group_id, "Bench", g.members[0], messages) for g in groups)
    write(database, "groups", GROUP, heads)
    write(database, "group_members", MEMBER, _members(groups))
    for each in groups:
        write(database, "messages", MESSAGE, _messages(each, messages, length))
    return groups


def write(database: FreshDatabase, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    if database.kind == SQLITE:
        _insert(database.url.removeprefix("sqlite:///"), table, columns, rows)
    elif database.kind == POSTGRESQL:
        _copy(database.url, table, columns, rows)
    else:
        raise BenchError("history: fills SQLite and PostgreSQL only; name one by --database-url")


def _insert(path: str, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - constants
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany(statement, rows)
        connection.commit()


def _copy(url: str, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"ANALYZE {table}".encode())


def group(number: int, size: int) -> Group:
    """Names are as long as the service's own."""
    members = tuple(f"bench_{number * size + member:014}" for member in range(size))
    return Group(f"group_20260131080000{number:020}", members)


def _members(groups: Iterable[Group]) -> Iterator[Row]:
    return ((each.group_id, user, ROLE) for each in groups for user in each.members)


def _messages(of: Group, count: int, length: int) -> Iterator[Row]:
    content, tail = "x" * length, of.group_id[-8:]
    for seq in range(1, count + 1):
        moment = (BEGIN + timedelta(milliseconds=seq)).strftime("%Y-%m-%d %H:%M:%S.%f")
        yield (
            f"msg_20260131080000{tail}{seq:012}", of.group_id, seq, of.members[0], ROLE,
            "TEXT", content, f"{seq:08}", moment, moment,
        )  # fmt: skip
