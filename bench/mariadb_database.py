"""A database of one's own on a MariaDB or MySQL server."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from uuid import uuid4

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from bench.problems import BenchError

SCHEMES = {"mysql", "mysql+pymysql", "mariadb"}
CONNECT_SECONDS = 5


@contextmanager
def mariadb_database_on(server_url: str) -> Iterator[tuple[str, str]]:
    """The URL of a new database there, and the server's version. Raises BenchError."""
    name = f"im_bench_{uuid4().hex[:12]}"
    try:
        server = make_url(server_url).set(drivername="mysql+pymysql")
    except (ArgumentError, ValueError) as error:
        raise BenchError(f"--database-url: is no address: {error}") from error
    version = _execute(server, f"CREATE DATABASE {name}")
    own = server.set(drivername="mysql", database=name)
    try:
        yield own.render_as_string(hide_password=False), version
    finally:
        _execute(server, f"DROP DATABASE IF EXISTS {name}")


def _execute(server: URL, statement: str) -> str:
    engine = create_engine(server, connect_args={"connect_timeout": CONNECT_SECONDS})
    try:
        with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(statement)
            cursor.execute("SELECT VERSION()")
            row = cursor.fetchone()
            return str(row[0]) if row else ""
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise BenchError(f"--database-url: cannot use this server: {reason}") from error
    finally:
        engine.dispose()
