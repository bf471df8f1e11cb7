"""Celery as this service wants it: for whoever publishes, and for workers.

The record in the database is the job; a message only wakes somebody to it. So a message may be
lost, come twice, or be of an unknown kind, and nothing but time is lost.
"""

from typing import Any

from celery import Celery
from kombu import Queue

from app.config import Settings

ANSWER = "im.ai_interaction"
"""The name of the task; older and newer versions meet in one queue, so a change of its arguments
takes a new name."""
CANARY = "im.canary"
CONNECT_S = 3.0
ANSWER_S = 5.0
"""How long a broker that is connected to may take for an answer."""


def make_celery(settings: Settings) -> Celery:
    """Connects to nothing."""
    celery = Celery("im", set_as_current=False, broker=broker_url(settings))
    celery.conf.update(_conf(settings))
    return celery


def broker_url(settings: Settings) -> str | None:
    """kombu calls Redis on a Unix socket redis+socket."""
    url = settings.celery.celery_broker_url or settings.redis.redis_url
    if url is not None and url.startswith("unix://"):
        return f"redis+socket://{url.removeprefix('unix://')}"
    return url


def _conf(settings: Settings) -> dict[str, Any]:
    queue = settings.celery.celery_queue
    return {
        "task_queues": [Queue(queue, routing_key=queue)],
        "task_default_queue": queue,
        "task_create_missing_queues": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "worker_pool": "threads",
        "worker_concurrency": settings.ai.ai_concurrency,
        "worker_prefetch_multiplier": 1,
        "broker_connection_retry": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": CONNECT_S,
        "broker_transport_options": _transport_options(settings),
        "redis_socket_connect_timeout": CONNECT_S,
    }


def _transport_options(settings: Settings) -> dict[str, Any]:
    """Redis gives a message to somebody else after `visibility_timeout`, which must be more than
    the longest job takes: both services, and storing what they said."""
    if not (broker_url(settings) or "").startswith("redis"):
        return {}
    longest = 2 * settings.ai.ai_service_timeout + 60
    return {
        "visibility_timeout": max(600, 2 * longest),
        "socket_connect_timeout": CONNECT_S,
        "socket_timeout": ANSWER_S,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "global_keyprefix": f"{settings.redis.redis_prefix}:celery:",
    }
