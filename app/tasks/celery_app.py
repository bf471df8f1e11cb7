"""`celery -A app.tasks.celery_app worker`, and `from app.tasks.celery_app import celery_app`.

Importing it does nothing: Celery is made when somebody first asks for it.
"""

import sys
from functools import cache
from typing import Any

from app.config import Settings, SettingsError, load_settings


def __getattr__(name: str) -> Any:
    if name not in {"app", "celery", "celery_app"}:
        raise AttributeError(name)
    return _made()


@cache
def _made() -> Any:
    """A wrong setting ends the start with a line, and no traceback."""
    try:
        return celery_for(load_settings())
    except SettingsError as error:
        sys.exit(str(error))


def celery_for(settings: Settings) -> Any:
    """With the tasks, and with what a worker process needs around them."""
    from app.tasks.worker import WorkerProcess  # noqa: PLC0415 - Celery and all of the service

    return WorkerProcess(settings).celery
