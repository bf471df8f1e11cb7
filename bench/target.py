"""The service to be measured: a process started for this run, or one that runs already."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from bench.databases import POSTGRESQL, FreshDatabase
from bench.problems import BenchError, UsageError

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
STOP_SECONDS = 15
TAIL_LINES = 15
ADDRESS = re.compile(r" on (http://\S+)")
OWN_SETTINGS = {
    "HOST": "127.0.0.1",
    "AUTH_MODE": "open",
    "AI_SERVICE_URL": "",
    "AI_SERVICE_API_KEY": "",
    "REDIS_URL": "",
}
"""Whatever else is set in the environment stays, so that settings can be compared."""


@dataclass(frozen=True, slots=True)
class Target:
    url: str
    process: subprocess.Popen[bytes] | None = None
    log: Path | None = None

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 80

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def check_alive(self) -> None:
        """Raises BenchError with the server's last words."""
        if self.process and self.log and (code := self.process.poll()) is not None:
            raise BenchError(f"The server ended with exit code {code}:\n{_tail(self.log)}")


def check_url(url: str) -> None:
    """Raises UsageError."""
    message = "--url: must be http://host:port of a running server, such as http://127.0.0.1:8000"
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "http" and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.path.strip("/") or parts.query:
        raise UsageError(message)


def running(url: str) -> Target:
    """Raises BenchError where no service answers there."""
    try:
        answer = httpx2.get(f"{url.rstrip('/')}/health", trust_env=False)
        version = answer.json()["version"] if answer.is_success else None
    except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        raise BenchError(f"--url: no IM service answers at {url}: {error}") from error
    if version is None:
        raise BenchError(f"--url: {url} answers with HTTP {answer.status_code}")
    return Target(url.rstrip("/"))


@contextmanager
def started(database: FreshDatabase) -> Iterator[Target]:
    """`im serve` on a free port of the loopback address, in a session of its own, so that Ctrl-C
    reaches it only through this program."""
    log = database.folder / "server.log"
    env = _environment(database.url)
    if database.kind == POSTGRESQL:
        _migrate(env, database.folder)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--port", "0"],
            env=env, cwd=database.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield _await_ready(process, log)
    finally:
        _stop(process)


def _environment(database_url: str) -> dict[str, str]:
    """The project's folder goes first, since the process starts in another, away from any .env."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return os.environ | OWN_SETTINGS | {"DATABASE_URL": database_url, "PYTHONPATH": path}


def _migrate(env: dict[str, str], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "db", "upgrade"],
        env=env, cwd=folder, capture_output=True, text=True, check=False, timeout=START_SECONDS,
    )  # fmt: skip
    if done.returncode:
        raise BenchError(f"The new database cannot be migrated:\n{done.stderr.strip()}")


def _await_ready(process: subprocess.Popen[bytes], log: Path) -> Target:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        found = ADDRESS.search(log.read_text(errors="replace"))
        target = Target(found[1] if found else "", process, log)
        target.check_alive()
        if found and _is_ready(target.url):
            return target
        time.sleep(0.05)
    raise BenchError(f"The server was not ready after {START_SECONDS} s:\n{_tail(log)}")


def _is_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/ready", trust_env=False).is_success
    except httpx2.HTTPError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
