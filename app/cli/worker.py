import os
import socket
import warnings
from typing import Annotated

import typer
from celery.platforms import SecurityWarning

from app.bootstrap import build_worker, prepare_database
from app.cli.problems import USAGE, settings_or_stop, stop
from app.cli.starting import stopping_on_start_errors
from app.config import Settings
from app.tasks.checks import check_alive, check_broker
from app.tasks.worker import WorkerProcess
from app.utils.logger import configure_logging

Check = Annotated[
    bool,
    typer.Option(
        "--check", help="Ask whether a worker hears its broker; exit 0 if one does, else 1."
    ),
]


def worker(
    concurrency: Annotated[
        int | None, typer.Option(help="Replies at once. [default: AI_CONCURRENCY, or 64]")
    ] = None,
    queue: Annotated[
        str | None, typer.Option(help="Queue to work on. [default: CELERY_QUEUE, or im-ai]")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(help="Of this worker, unlike all others'. [default: im-PID@HOST]"),
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(help="DEBUG, INFO, WARNING or ERROR. [default: LOG_LEVEL]")
    ] = None,
    canary_seconds: Annotated[
        float | None,
        typer.Option(help="Pace of the calls to itself. [default: CELERY_CANARY_SECONDS, or 15]"),
    ] = None,
    check: Check = False,
    wait: Annotated[
        float | None,
        typer.Option(help="Seconds that --check waits. [default: the canary's pace and 5]"),
    ] = None,
) -> None:
    """Make the AI's replies, where AI_DISPATCH=celery leaves that to workers.

    SIGTERM: replies under way have 5 seconds to end, the others are left to
    other workers. A second one ends it at once. A worker that its broker's
    messages do not reach any more ends with exit code 75: start it again.
    """
    settings = settings_or_stop(
        ai_concurrency=concurrency, celery_queue=queue, log_level=log_level,
        celery_canary_seconds=canary_seconds,
    )  # fmt: skip
    if settings.ai.ai_dispatch != "celery":
        stop("AI_DISPATCH: is local, so replies are made by `im serve`; set celery", USAGE)
    if check:
        _check(settings, name, wait)
    else:
        _run(settings, name or f"im-{os.getpid()}@{socket.gethostname()}")


def _check(settings: Settings, name: str | None, wait: float | None) -> None:
    with stopping_on_start_errors():
        check_broker(settings)
        patience_s = settings.celery.celery_canary_seconds + 5 if wait is None else wait
        typer.echo(check_alive(settings, name, patience_s))


def _run(settings: Settings, name: str) -> None:
    configure_logging(settings.log)
    with stopping_on_start_errors():
        container = build_worker(settings)
        prepare_database(container.database, settings)
        container.database.dispose()
        check_broker(settings)
    typer.echo(f"IM worker {name} on queue {settings.celery.celery_queue}", err=True)
    warnings.simplefilter(
        "ignore", SecurityWarning
    )  # of root, since pickle could be sent; not here
    process = WorkerProcess(settings, quiet=settings.log.log_level != "DEBUG")
    working = process.celery.Worker(
        hostname=name, loglevel=settings.log.log_level, quiet=True,
        without_gossip=True, without_mingle=True,
    )  # fmt: skip
    working.start()
    raise typer.Exit(working.exitcode or 0)
