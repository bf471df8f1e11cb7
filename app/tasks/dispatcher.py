"""AI work that workers do: the service's own processes only tell them, over Celery's broker."""

import asyncio
import queue
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from celery import Celery

from app.services.ai.records import Job, Waiting
from app.tasks.broker import ANSWER

log = structlog.get_logger(__name__)

LONGEST = 10_000
"""Messages that may wait for the broker; what comes beyond them the workers' sweep finds."""
PAUSE_S = 1.0
"""After a failure, before the broker is tried again."""
STOP_S = 2.0


class CeleryDispatcher:
    """Publishes on a thread of its own: neither the event loop nor a sender ever waits for the
    broker. What is lost is found by the workers' sweep."""

    room = 0

    def __init__(self, celery: Celery) -> None:
        self._celery = celery
        self._waiting: queue.Queue[Waiting | None] = queue.Queue(LONGEST)
        self._connection: Any = None
        self._thread: threading.Thread | None = None
        self._down_since: float | None = None
        self.lost = 0
        """Since the start."""

    @property
    def state(self) -> str:
        told = "told to workers"
        if self._down_since is not None:
            told = "broker unreachable"
        return f"{told}, {self.lost} calls lost"

    def start(self) -> None:
        self._thread = threading.Thread(target=self._publish, name="celery-publish", daemon=True)
        self._thread.start()

    def take(self, jobs: Sequence[Job]) -> None:
        """Never asked: there is no room."""

    def wake(self, first: Sequence[Waiting] = ()) -> None:
        for one in first:
            try:
                self._waiting.put_nowait(one)
            except queue.Full:
                self.lost += 1

    async def stop(self) -> None:
        if self._thread is not None:
            await asyncio.to_thread(self._finish, self._thread)

    def _finish(self, thread: threading.Thread) -> None:
        try:
            self._waiting.put(None, timeout=STOP_S)
        except queue.Full:
            return
        thread.join(STOP_S)

    def _publish(self) -> None:
        while (one := self._waiting.get()) is not None:
            try:
                self._send(one)
            except Exception as error:  # noqa: BLE001 - whatever a broker and its driver raise
                self.lost += 1
                self._failed(error)
            else:
                self._succeeded()
        self._disconnect()

    def _send(self, one: Waiting) -> None:
        """The connection that is there may have ended unnoticed: then over a new one."""
        if self._connection is not None:
            try:
                return self._send_over(self._connection, one)
            except Exception:  # noqa: BLE001 - the same again, if it is no matter of the connection
                self._disconnect()
        self._connection = self._celery.connection_for_write()
        return self._send_over(self._connection, one)

    def _send_over(self, connection: Any, one: Waiting) -> None:
        producer = self._celery.amqp.Producer(connection, auto_declare=False)
        self._celery.send_task(
            ANSWER, (one.record_id, one.group_id), task_id=one.record_id, producer=producer,
            ignore_result=True, retry=False,
        )  # fmt: skip

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _succeeded(self) -> None:
        if self._down_since is not None:
            down_s = round(time.monotonic() - self._down_since, 1)
            log.info("broker_reachable_again", down_s=down_s, lost=self.lost)
            self._down_since = None

    def _failed(self, error: Exception) -> None:
        """One line for all the time that it is down."""
        self._disconnect()
        if self._down_since is None:
            self._down_since = time.monotonic()
            log.warning("broker_unreachable", why=type(error).__name__)
        time.sleep(PAUSE_S)
        self._forget()

    def _forget(self) -> None:
        """What has waited is found by the sweep before the broker is back."""
        stop = False
        while not self._waiting.empty():
            one = self._waiting.get()
            stop = stop or one is None
            self.lost += one is not None
        if stop:
            self._waiting.put(None)
