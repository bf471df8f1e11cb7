"""The service to be measured: a process started for this run, or one that runs already."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import httpx2

from bench.databases import SQLITE, FreshDatabase
from bench.problems import BenchError, UsageError
from bench.program import START_SECONDS, Target, answers_at, started_by

ROOT = Path(__file__).resolve().parents[1]
OWN_SETTINGS = {
    "HOST": "127.0.0.1",
    "AUTH_MODE": "open",
    "AI_SERVICE_URL": "",
    "AI_SERVICE_API_KEY": "",
    "REDIS_URL": "",
}
"""Whatever else is set in the environment stays, so that settings can be compared."""
NO_LIMITS = {
    "WS_MESSAGES_PER_SECOND": "0",
    "USER_MESSAGES_PER_SECOND": "0",
    "WS_CONNECTIONS_PER_USER": "0",
}
"""Where the environment says nothing else: what is measured is the service, not its limits."""


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
    with serving(database, database.folder) as target:
        yield target


@contextmanager
def serving(
    database: FreshDatabase,
    folder: Path,
    own: Mapping[str, str] = MappingProxyType({}),
    *,
    migrated: bool = False,
) -> Iterator[Target]:
    """`im serve` on a free port of the loopback address, in a session of its own, so that Ctrl-C
    reaches it only through this program. `own` are settings of this measurement."""
    if database.kind != SQLITE and not migrated:
        migrate(database)
    env = environment(database.url) | dict(own)
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0"]
    with started_by(command, env, folder, answers_at("/ready")) as target:
        yield target


def environment(database_url: str) -> dict[str, str]:
    """The project's folder goes first, since the process starts in another, away from any .env."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    own = OWN_SETTINGS | {"DATABASE_URL": database_url, "PYTHONPATH": path}
    return NO_LIMITS | os.environ | own


def migrate(database: FreshDatabase) -> None:
    """Makes the service's tables. Raises BenchError."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "db", "upgrade"],
        env=environment(database.url), cwd=database.folder, capture_output=True, text=True,
        check=False, timeout=START_SECONDS,
    )  # fmt: skip
    if done.returncode:
        raise BenchError(f"The new database cannot be migrated:\n{done.stderr.strip()}")
