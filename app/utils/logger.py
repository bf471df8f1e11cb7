"""Logs: one line an event, ids and lengths only. Never a message's text, a token or a key.

Lines of libraries come out in the same form, under the same rule.
"""

import contextlib
import logging
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from app.config import LogSettings

QUIET = (
    "uvicorn", "uvicorn.error", "uvicorn.access", "httpx2", "httpcore2", "aiohttp", "alembic",
    "websockets",
)  # fmt: skip
"""Their INFO lines name URLs with their queries, their DEBUG lines whole frames; what matters of
them is logged here."""


def configure_logging(settings: LogSettings, *, more: int | str | None = None) -> None:
    """`more`: another level, which counts where it is the more talkative one."""
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    last: Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _where_it_failed,
    ]
    level = logging.getLevelNamesMapping()[settings.log_level]
    if more is not None:
        level = min(level, logging._checkLevel(more))  # type: ignore[attr-defined] # noqa: SLF001
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_stderr_logger,
        cache_logger_on_first_use=False,
    )
    _configure_libraries(level, [_of_library, *shared], last)


def _configure_libraries(level: int, shared: list[Processor], last: Processor) -> None:
    """A server that was there first has put up handlers of its own, which print all the text of
    an exception; they go."""
    handler = _Handler()
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=shared, processors=[ProcessorFormatter.remove_processors_meta, last]
        )
    )
    root = logging.getLogger()
    root.handlers = [h for h in root.handlers if not isinstance(h, _Handler)] + [handler]
    root.setLevel(level)
    for name in QUIET:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(max(level, logging.WARNING))


def _stderr_logger(*_: Any) -> "_StderrLogger":
    """Looked up for each line: whoever redirects stderr later is heard."""
    return _StderrLogger(sys.stderr)


class _StderrLogger(structlog.PrintLogger):
    """A log that nobody reads any more, or a full disk, must not stop what is logged."""

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().msg(message)

    log = debug = info = warn = warning = error = critical = fatal = exception = failure = err = msg


class _Handler(logging.Handler):
    """Ours, told apart from others by its class. Unlike logging's own it never prints a traceback
    when it fails."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except (TypeError, ValueError) as error:
            line = f"unprintable line of {record.name} ({type(error).__name__})"
        _stderr_logger().msg(line)


def _of_library(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The event's first line alone: asyncio puts a task's whole state below it, the text of its
    exception with it."""
    record: logging.LogRecord = event["_record"]
    event["event"] = str(event["event"]).partition("\n")[0]
    event["logger"] = record.name
    return event


def _where_it_failed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """An exception as its types and places. Its values stay out: a driver's error may quote the
    row, and a local variable is often a message."""
    found = event.pop("exc_info", None)
    if isinstance(found, tuple):
        found = found[1]
    error = sys.exc_info()[1] if found is True else found
    if isinstance(error, BaseException):
        event["failure"] = [_described(link) for link in _chain(error)]
    return event


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """From the outermost to the first cause. Drivers make rings of them: each comes once."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _described(error: BaseException) -> dict[str, object]:
    places = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return {"type": type(error).__name__, "places": places}
