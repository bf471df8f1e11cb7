"""Whether a worker hears its broker: it calls itself through the queue, again and again.

After a reset of the broker a worker may live on, connected as it seems, and hear nothing.
"""

import math
import threading
from collections.abc import Callable
from typing import Any

import structlog
from celery import Celery
from celery.worker import state
from kombu import Exchange, Queue

from app.config import Settings
from app.tasks.broker import CANARY
from app.tasks.reports import Report, Reports

log = structlog.get_logger(__name__)

MISSES = 2
"""Calls in a row that do not come back from a deaf worker. One may have been lost by the broker."""
RECONNECT_S = 60.0


class Canary:
    """The calls go to a queue that is this worker's own, which it reads together with the shared
    one. A worker with its hands full takes nothing from either, and is not deaf."""

    def __init__(
        self, settings: Settings, celery: Celery, worker: Any, deaf: Callable[[], None]
    ) -> None:
        self._celery = celery
        self._every_s = settings.celery.celery_canary_seconds
        self._worker = worker
        self._deaf = deaf
        self._queue = Queue(
            f"{settings.celery.celery_queue}.{worker.hostname}",
            expires=3 * self._every_s + 60,
            message_ttl=3 * self._every_s,
        )
        celery.amqp.queues.select_add(self._queue)
        self._queue.exchange = Exchange("")  # no binding, which would outlive the worker
        self._reports = Reports(settings)
        self._report = Report(worker.hostname, settings.celery.celery_queue)
        self._heard = threading.Event()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Called again when the worker has connected once more."""
        if not any(t.name == "im-canary" for t in threading.enumerate()):
            threading.Thread(target=self._watch, name="im-canary", daemon=True).start()

    def heard(self) -> None:
        """Something has come from the broker."""
        self._heard.set()

    def stop(self) -> None:
        self._stopped.set()

    def _watch(self) -> None:
        missed = 0
        while not self._stopped.is_set():
            self._heard.clear()
            sent = self._call()
            if self._heard.wait(self._every_s) or self._is_full:
                missed = 0
                self._reports.put(self._report, self._every_s)
                self._stopped.wait(self._every_s)
            elif sent:
                missed += 1
            if missed >= self._most_missed:
                self._give_up(missed)
                return
        self._reports.withdraw(self._report)

    @property
    def _most_missed(self) -> int:
        """Celery waits longer and longer before it connects once more, which is no deafness."""
        connected = getattr(self._worker.consumer, "connection", None) is not None
        return MISSES if connected else MISSES + math.ceil(RECONNECT_S / self._every_s)

    @property
    def _is_full(self) -> bool:
        return bool(len(state.reserved_requests) >= self._worker.concurrency)

    def _call(self) -> bool:
        """False where the broker cannot be reached, which is no deafness."""
        try:
            with self._celery.connection_for_write() as connection:
                producer = self._celery.amqp.Producer(connection)
                self._celery.send_task(
                    CANARY, queue=self._queue, producer=producer, retry=False, ignore_result=True
                )
        except Exception as error:  # noqa: BLE001 - whatever a broker and its driver raise
            log.debug("canary_not_sent", why=type(error).__name__)
            return False
        return True

    def _give_up(self, missed: int) -> None:
        if not self._stopped.is_set():
            log.error(
                "worker_deaf", why="calls through the broker do not come back",
                calls=missed, each_s=self._every_s,
            )  # fmt: skip
            self._reports.withdraw(self._report)
            self._deaf()
