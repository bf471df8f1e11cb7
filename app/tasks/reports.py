"""What workers say of themselves, in Redis, for whoever asks whether one is alive."""

import contextlib
import os
from dataclasses import dataclass, field

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app import __version__
from app.config import Settings

TIMEOUT_S = 2.0
KEPT = 3
"""Times the canary's pace."""


@dataclass(frozen=True, slots=True)
class Report:
    worker: str
    queue: str
    version: str = __version__
    pid: int = field(default_factory=os.getpid)


class Reports:
    """A report that is not renewed goes by itself."""

    def __init__(self, settings: Settings) -> None:
        self._redis = redis.Redis.from_url(
            settings.redis.redis_url or "",
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self._folder = f"{settings.redis.redis_prefix}:worker:{settings.celery.celery_queue}:"

    def put(self, report: Report, every_s: float) -> None:
        """Says that the worker has just heard its broker. May fail: the next one follows."""
        about = f"{report.version} pid {report.pid}"
        with contextlib.suppress(redis.RedisError):
            self._redis.set(
                self._folder + report.worker, about, px=max(1, round(KEPT * every_s * 1000))
            )

    def withdraw(self, report: Report) -> None:
        with contextlib.suppress(redis.RedisError):
            self._redis.delete(self._folder + report.worker)

    def heard(self, worker: str | None) -> list[str]:
        """The workers that have heard their broker lately; one alone where it is named. Raises
        redis.RedisError."""
        if worker is not None:
            return [worker] if self._redis.exists(self._folder + worker) else []
        keys = self._redis.scan_iter(match=f"{self._folder}*", count=1000)
        return sorted(str(key).removeprefix(self._folder) for key in keys)
