"""A worker process from its start to its end, whoever starts it: `im worker` or `celery worker`."""

import logging
import os
import signal
import sys
import threading
import warnings
from types import FrameType
from typing import Any

import structlog
from celery import signals
from celery.exceptions import CPendingDeprecationWarning

from app.bootstrap import StartError
from app.config import Settings
from app.tasks import ai_interaction_task
from app.tasks.broker import CANARY, make_celery
from app.tasks.canary import Canary
from app.tasks.runtime import Runtime
from app.utils.logger import configure_logging

log = structlog.get_logger(__name__)

PATIENCE_S = 5.0
"""With replies under way when the worker is to stop; what takes longer is left to others."""
SWITCH_SECONDS = 0.0001
"""So that neither Celery's loop nor ours waits 5 ms for the other one's threads."""
FAILED = 1
DEAF = 75
"""The exit code of a worker that the broker's messages do not reach: start it again."""


class WorkerProcess:
    """Celery's signals, in the order in which they come, lead to our own start and end. `quiet`:
    without Celery's lines of each task's beginning and end, since `ai_reply` says it all."""

    def __init__(self, settings: Settings, *, quiet: bool = False) -> None:
        self._settings = settings
        self._quiet = quiet
        self.celery = make_celery(settings)
        self.runtime = Runtime(settings)
        self._canary: Canary | None = None
        ai_interaction_task.register(self.celery, self.runtime)
        for told, handler in (
            (signals.setup_logging, self._set_up_logging),
            (signals.celeryd_after_setup, self._set_up),
            (signals.worker_process_init, self._start_in_child),
            (signals.worker_process_shutdown, self._stop_in_child),
            (signals.task_received, self._received),
            (signals.worker_ready, self._ready),
            (signals.worker_shutting_down, self._shutting_down),
            (signals.worker_shutdown, self._shut_down),
        ):
            told.connect(handler, weak=False)

    def _set_up_logging(self, loglevel: int | str | None = None, **_: Any) -> None:
        """In our own form. The more talkative of LOG_LEVEL and `--loglevel` counts."""
        configure_logging(self._settings.log, more=loglevel)
        for name in ("celery.worker.strategy", "celery.app.trace"):
            logging.getLogger(name).addFilter(_is_no_canary)
            if self._quiet:
                logging.getLogger(name).setLevel(logging.WARNING)

    def _set_up(self, instance: Any, **_: Any) -> None:
        """In the main process, before it connects."""
        sys.setswitchinterval(SWITCH_SECONDS)
        warnings.simplefilter("ignore", CPendingDeprecationWarning)  # each time it reconnects
        self._canary = Canary(self._settings, self.celery, instance, self._deaf)
        if not _forks(instance):
            self._start_or_exit()

    def _start_in_child(self, **_: Any) -> None:
        self._start_or_exit()

    def _start_or_exit(self) -> None:
        try:
            self.runtime.start()
        except StartError as error:
            log.error("worker_not_started", why=str(error))  # noqa: TRY400 - the message says it
            os._exit(FAILED)

    def _received(self, **_: Any) -> None:
        if self._canary is not None:
            self._canary.heard()

    def _ready(self, **_: Any) -> None:
        if self._canary is not None:
            self._canary.start()

    def _shutting_down(self, **_: Any) -> None:
        """Inside a signal's handler."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop_at_once)
        if self._canary is not None:
            self._canary.stop()
        threading.Thread(target=self.runtime.stop, args=(PATIENCE_S,), daemon=True).start()

    def _shut_down(self, **_: Any) -> None:
        self.runtime.stop(0)

    def _stop_in_child(self, **_: Any) -> None:
        self.runtime.stop(0)

    def _deaf(self) -> None:
        """What is under way is left to others; Celery is not asked, since it hears nothing."""
        self.runtime.stop(0)
        os._exit(DEAF)


def _is_no_canary(record: logging.LogRecord) -> bool:
    return f"Task {CANARY}[" not in record.getMessage()


def _forks(worker: Any) -> bool:
    return bool(worker.pool_cls.__module__.endswith("prefork"))


def _stop_at_once(_number: int, _frame: FrameType | None) -> None:
    os._exit(FAILED)
