"""A MariaDB server for the tests, with a new database for each."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from sqlalchemy.engine import make_url

from bench.mariadb import MariadbServer, mariadb_in
from bench.problems import BenchError
from tests.support.migrated import migrate_url

CARELESS = (
    "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync",
    "--innodb-buffer-pool-size=48M", "--innodb-log-file-size=16M", "--skip-performance-schema",
    "--innodb-file-per-table=0",
)  # fmt: skip
"""Nothing here outlives its test."""
CAREFUL = ("--innodb-buffer-pool-size=48M", "--innodb-log-file-size=16M")
"""For those that are killed: what is committed stays."""


class MariaDatabases:
    def __init__(self, server: MariadbServer) -> None:
        self.server = server
        self._statements: list[str] = []

    def new(self, *, migrated: bool = True) -> str:
        """As one that `im db upgrade` has migrated, in a tenth of the time."""
        if migrated and not self._statements:
            self._statements = self._dump(self._made())
        name = self._create()
        if migrated:
            self.execute(f"USE {name}", *self._statements)
        return self.url_of(name)

    def url_of(self, name: str) -> str:
        return make_url(self.server.url).set(database=name).render_as_string(hide_password=False)

    def execute(self, *statements: str) -> list[tuple[object, ...]]:
        """The rows of the last one."""
        connection = self.server.connect()
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def _create(self) -> str:
        name = f"im_{uuid4().hex}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def _made(self) -> str:
        name = self._create()
        migrate_url(self.url_of(name))
        return name

    def _dump(self, name: str) -> list[str]:
        tables = [str(row[0]) for row in self.execute(f"USE {name}", "SHOW TABLES")]
        made = [str(self.execute(f"SHOW CREATE TABLE {name}.`{table}`")[0][1]) for table in tables]
        ((version,),) = self.execute(f"SELECT version_num FROM {name}.alembic_version")
        ((collation,),) = self.execute(f"USE {name}", "SELECT @@collation_database")
        return [
            f"ALTER DATABASE CHARACTER SET utf8mb4 COLLATE {collation}",
            *made,
            f"INSERT INTO alembic_version VALUES ('{version}')",
            "INSERT INTO database_identity (epoch) VALUES (UUID())",
        ]


@contextmanager
def mariadb_server(*options: str) -> Iterator[MariaDatabases]:
    """Raises BenchError where there can be none."""
    with (
        TemporaryDirectory(prefix="im-maria-", ignore_cleanup_errors=True) as name,
        mariadb_in(Path(name), options or CARELESS) as server,
    ):
        yield MariaDatabases(server)


@contextmanager
def mariadb_or_skip() -> Iterator[MariaDatabases]:
    """Skips the test where there is no server; in CI, where there must be one, it fails."""
    try:
        with mariadb_server() as databases:
            yield databases
    except BenchError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
