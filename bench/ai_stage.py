"""An AI service of known slowness and troubles, and the service that asks it."""

import re
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from bench.databases import SQLITE, FreshDatabase, fresh_database
from bench.program import Target, answers_at, started_by
from bench.redis import redis_in
from bench.stage import Stage
from bench.target import environment, migrate

AI_ADDRESS = re.compile(r"^AI service at (http://\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Simulated:
    """`latency` in seconds, before a reply begins; `jitter` is a share of it, the rates are shares
    of the calls."""

    latency: float
    jitter: float
    stream: bool
    tokens_per_second: float | None
    fail_rate: float = 0.0
    hang_rate: float = 0.0

    @property
    def options(self) -> list[str]:
        pace = self.tokens_per_second
        return [
            "--engine", "simulate", "--latency", f"{self.latency:.6f}s",
            "--jitter", f"{self.jitter:.6f}",
            *(["--tokens-per-second", f"{pace:.6f}"] if pace else []),
            "--fail-rate", f"{self.fail_rate:g}", "--hang-rate", f"{self.hang_rate:g}",
        ]  # fmt: skip


@contextmanager
def ai_service(simulated: Simulated) -> Iterator[Target]:
    """Raises BenchError."""
    command = [sys.executable, "-m", "ai_service", "--port", "0", *simulated.options]
    env = environment("")
    del env["AI_SERVICE_API_KEY"]  # it would be the key that it asks for
    with (
        TemporaryDirectory(prefix="im-bench-", ignore_cleanup_errors=True) as folder,
        started_by(command, env, Path(folder), _listens) as target,
    ):
        yield target


@contextmanager
def nobody_listening() -> Iterator[str]:
    """An address that refuses connections, and that nobody else can take meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def stage_asking(
    ai_url: str, database_url: str | None, *, stream: bool, at_once: int
) -> Iterator[Stage]:
    """Like `bench.stage.stage`, with an AI service that answers every message. What else is set in
    the environment (AI_CONCURRENCY, AI_DELTA_SECONDS, …) stays. Raises BenchError."""
    defaults = {"AI_CONCURRENCY": str(at_once)}
    with (
        fresh_database(database_url or SQLITE) as database,
        asking_on(database, ai_url, stream=stream, defaults=defaults) as on,
    ):
        yield on


@contextmanager
def asking_on(
    database: FreshDatabase,
    ai_url: str,
    *,
    stream: bool,
    defaults: Mapping[str, str],
    own: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Stage]:
    """Without an `ai_url` there is no AI layer. `defaults` are settings of which the environment
    says nothing, `own` are those that count more. Raises BenchError."""
    if database.kind != SQLITE:
        migrate(database)
    env = dict(defaults) | _asking(database, ai_url, stream=stream) | dict(own)
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0"]
    with started_by(command, env, database.folder, answers_at("/ready")) as target:
        yield Stage(target, database, database.shown)


def _asking(database: FreshDatabase, ai_url: str, *, stream: bool) -> dict[str, str]:
    return environment(database.url) | {
        "AI_SERVICE_URL": ai_url, "AI_PROTOCOL": "im", "AI_FALLBACK_URL": "",
        "AI_FALLBACK_API_KEY": "", "AI_STREAM": str(stream).lower(), "AI_HANDOFF_SECONDS": "0",
    }  # fmt: skip


@contextmanager
def stage_with_worker(
    ai_url: str, database: FreshDatabase, *, stream: bool, at_once: int
) -> Iterator[Stage]:
    """The same, with the replies made by one worker process. Raises BenchError."""
    own = {"AI_DISPATCH": "celery", "AI_CONCURRENCY": str(at_once)}
    command = [sys.executable, "-m", "app.cli", "worker", "--log-level", "INFO"]
    with (
        TemporaryDirectory(prefix="im-bench-", ignore_cleanup_errors=True) as folder,
        redis_in(Path(folder)) as redis,
        asking_on(
            database, ai_url, stream=stream, defaults={}, own=own | {"REDIS_URL": redis.url}
        ) as on,
    ):
        env = _asking(database, ai_url, stream=stream) | own | {"REDIS_URL": redis.url}
        with started_by(command, env, Path(folder), _works):
            yield on


def _works(log: str) -> str:
    return "a worker" if " ready." in log else ""


def _listens(log: str) -> str:
    """It prints its address once it listens."""
    found = AI_ADDRESS.search(log)
    return found[1] if found else ""
