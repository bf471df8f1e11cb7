"""A MariaDB server for one run, on a folder, a socket and a port of its own."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pymysql

from bench.mariadb_programs import Programs, mariadb_programs
from bench.problems import BenchError

MAX_CONNECTIONS = 250
"""As PostgreSQL's. All else is as MariaDB comes."""
PLAIN_USER = "nobody"
"""Who runs it for root."""
PASSWORD = "throw-away"  # noqa: S105 - of a server that ends with the run
START_SECONDS = 30


class MariadbServer:
    """`options` beside those that MariaDB comes with."""

    def __init__(self, programs: Programs, folder: Path, options: Sequence[str] = ()) -> None:
        self.socket = folder / "mariadb.sock"
        self.port = _free_port()
        self._programs, self._folder, self._options = programs, folder, options
        self._data = folder / "mariadb"
        self._log = folder / "mariadb.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mysql://im:{PASSWORD}@localhost/mysql?unix_socket={self.socket}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Raises BenchError."""
        if not self._data.exists():
            self._make_data()
        own = [
            f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1",
            f"--max-connections={MAX_CONNECTIONS}", f"--pid-file={self._data / 'pid'}",
        ]  # fmt: skip
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a program of its own
                [*self._arguments(), *own], stdout=log, stderr=log, env=self._programs.environment
            )
        self._wait()

    def crash(self) -> None:
        """As the power would. Its data stay in its folder."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_SECONDS)
            self._process = None

    def connect(self) -> "pymysql.Connection":
        """For who manages the server."""
        return pymysql.connect(
            unix_socket=str(self.socket), user="im", password=PASSWORD, autocommit=True,
            charset="utf8mb4",
        )  # fmt: skip

    def _make_data(self) -> None:
        self._folder.chmod(0o755)
        self._data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(PLAIN_USER)
            for path in (self._folder, self._data):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        done = subprocess.run(  # noqa: S603 - the same
            [*self._arguments(), "--bootstrap"], input=self._setup().encode(),
            capture_output=True, env=self._programs.environment, timeout=120, check=False,
        )  # fmt: skip
        if done.returncode:
            shutil.rmtree(self._data)
            raise BenchError(f"MariaDB did not start:\n{done.stderr.decode(errors='replace')}")

    def _setup(self) -> str:
        return "\n".join((
            "CREATE DATABASE mysql;", "USE mysql;", "SET @auth_root_socket=NULL;",
            self._programs.system_tables(),
            "FLUSH PRIVILEGES;",
            f"CREATE USER im@localhost IDENTIFIED BY '{PASSWORD}';",
            "GRANT ALL ON *.* TO im@localhost WITH GRANT OPTION;",
            "DELETE FROM global_priv WHERE User = 'root';\n",
        ))  # fmt: skip

    def _arguments(self) -> list[str]:
        user = [f"--user={PLAIN_USER}"] if os.geteuid() == 0 else []
        return [*self._programs.arguments, f"--datadir={self._data}", *user, *self._options]

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process and self._process.poll() is None:
            with closing(socket.socket(socket.AF_UNIX)) as probe:
                if probe.connect_ex(str(self.socket)) == 0:
                    return
            time.sleep(0.02)
        self.crash()
        raise BenchError(f"MariaDB did not start:\n{self._log.read_text(errors='replace')}")


@contextmanager
def mariadb_in(folder: Path, options: Sequence[str] = ()) -> Iterator[MariadbServer]:
    """Raises BenchError."""
    server = MariadbServer(mariadb_programs(), folder, options)
    server.start()
    try:
        yield server
    finally:
        server.crash()  # its folder goes with it


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
