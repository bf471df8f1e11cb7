"""A database of one's own for one measurement, which leaves nothing behind."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from bench import mariadb_database
from bench.mariadb import mariadb_in
from bench.mariadb_database import mariadb_database_on
from bench.postgres import server_in
from bench.problems import BenchError, UsageError

SQLITE, POSTGRESQL, MARIADB = "sqlite", "postgresql", "mariadb"
SCHEMES = {"postgresql", "postgres", "postgresql+psycopg"}
CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class FreshDatabase:
    """`folder` is on the same disk as an SQLite file. `pid` is that of a server which was started
    for this run."""

    kind: str
    url: str
    folder: Path
    version: str = ""
    pid: int | None = None
    address: str = ""
    """Of the same server on TCP, port 5432, for those who know no Unix sockets."""

    @property
    def shown(self) -> str:
        return f"{self.kind} {self.version}".strip()


def check_wanted(wanted: str) -> None:
    """Raises UsageError."""
    known = SCHEMES | mariadb_database.SCHEMES
    if wanted not in {SQLITE, POSTGRESQL, MARIADB} and urlsplit(wanted).scheme not in known:
        raise UsageError(
            "--database-url: must be sqlite, postgresql or mariadb (starts a server for this run), "
            "postgresql://user:password@host:5432/name, or mysql://user:password@host:3306/name"
        )


@contextmanager
def fresh_database(wanted: str) -> Iterator[FreshDatabase]:
    """Empty; on PostgreSQL not migrated. Raises BenchError where there can be none."""
    with TemporaryDirectory(prefix="im-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if wanted == SQLITE:
            yield FreshDatabase(SQLITE, f"sqlite:///{folder / 'im.db'}", folder)
        elif wanted == POSTGRESQL:
            with server_in(folder) as server, _database_on(server.url) as (own, version):
                yield FreshDatabase(POSTGRESQL, own, folder, version, server.pid)
        elif wanted == MARIADB:
            with mariadb_in(folder) as maria, mariadb_database_on(maria.url) as (own, version):
                yield FreshDatabase(MARIADB, own, folder, version, maria.pid)
        elif urlsplit(wanted).scheme in mariadb_database.SCHEMES:
            with mariadb_database_on(wanted) as (own, version):
                yield FreshDatabase(MARIADB, own, folder, version)
        else:
            with _database_on(wanted) as (own, version):
                yield FreshDatabase(POSTGRESQL, own, folder, version)


@contextmanager
def throw_away_server() -> Iterator[FreshDatabase]:
    """A PostgreSQL server, on which there can be fresh databases one after the other."""
    with (
        TemporaryDirectory(prefix="im-bench-", ignore_cleanup_errors=True) as name,
        server_in(Path(name)) as server,
    ):
        with psycopg.connect(server.url) as connection:
            version = _version_of(connection)
        yield FreshDatabase(POSTGRESQL, server.url, Path(name), version, server.pid, server.address)


@contextmanager
def fresh_database_on(server: FreshDatabase) -> Iterator[FreshDatabase]:
    with (
        TemporaryDirectory(prefix="im-bench-", ignore_cleanup_errors=True) as name,
        _database_on(server.url) as (own, _),
    ):
        yield replace(server, url=own, folder=Path(name))


@contextmanager
def fresh_databases(wanted: str) -> Iterator[Callable[[], AbstractContextManager[FreshDatabase]]]:
    """One after the other; a server that has to be started for them is started once."""
    if wanted == POSTGRESQL:
        with throw_away_server() as server:
            yield partial(fresh_database_on, server)
    else:
        yield partial(fresh_database, wanted)


@contextmanager
def _database_on(server_url: str) -> Iterator[tuple[str, str]]:
    """The URL of a new database there, and the server's version."""
    name = f"im_bench_{uuid4().hex[:12]}"
    server_url = "postgresql://" + server_url.partition("://")[2]
    version = _execute(server_url, "CREATE DATABASE {}", name)
    try:
        yield _with_database(server_url, name), version
    finally:
        _execute(server_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(url: str, statement: str, name: str) -> str:
    query = sql.SQL(statement).format(sql.Identifier(name))
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
            connection.execute(query)
            return _version_of(connection)
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise BenchError(f"--database-url: cannot use this server: {reason}") from error


def _version_of(connection: psycopg.Connection) -> str:
    return str(connection.info.parameter_status("server_version"))


def _with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()
