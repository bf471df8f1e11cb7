"""Whether a worker could start, and whether one is alive: each answer is one line."""

import time

import redis

from app.bootstrap import StartError
from app.config import Settings
from app.tasks.broker import make_celery
from app.tasks.reports import Reports

LOOK_S = 0.2


def check_broker(settings: Settings) -> None:
    """Raises StartError where it cannot be connected to just now."""
    with make_celery(settings).connection_for_write() as connection:
        shown = connection.as_uri()
        try:
            connection.connect()
            connection.default_channel.close()
        except Exception as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            name = "CELERY_BROKER_URL" if settings.celery.celery_broker_url else "REDIS_URL"
            raise StartError(f"{name}: cannot use the broker {shown}: {reason}") from error


def check_alive(settings: Settings, name: str | None, patience_s: float) -> str:
    """Raises StartError where no worker, or not the one that is named, has heard the broker
    lately."""
    reports, until = Reports(settings), time.monotonic() + patience_s
    queue = settings.celery.celery_queue
    while True:
        try:
            heard = reports.heard(name)
        except redis.RedisError as error:
            raise StartError(f"REDIS_URL: cannot use Redis: {error}") from error
        if heard:
            return f"{len(heard)} on queue {queue}: {', '.join(heard)}"
        if time.monotonic() > until:
            who = f"worker {name}" if name else "no worker"
            raise StartError(
                f"{who} on queue {queue} has {'not ' if name else ''}heard its broker lately"
            )
        time.sleep(LOOK_S)
