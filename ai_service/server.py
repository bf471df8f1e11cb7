import errno
import logging
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

GRACE_S = 3
BACKLOG = 2048


class ListenError(Exception):
    """The address cannot be served; its text is one line for the user."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def listen(host: str, port: int) -> socket.socket:
    """Port 0 lets the system choose."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if not _resolves(host, family):
        raise _bad_host(host)
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise _refusal(host, port, error) from error


def _resolves(host: str, family: socket.AddressFamily) -> bool:
    try:
        return bool(host and socket.getaddrinfo(host, None, family))
    except (OSError, UnicodeError):
        return False


def _refusal(host: str, port: int, error: OSError) -> ListenError:
    if error.errno == errno.EADDRNOTAVAIL:
        return _bad_host(host)
    if error.errno == errno.EADDRINUSE:
        expected = "it must be a free one such as 8002"
        return ListenError(f"--port: {port} is in use on {host} already; {expected}", exit_code=1)
    return ListenError(f"--port: {port} cannot be served: {error.strerror}", exit_code=1)


def _bad_host(host: str) -> ListenError:
    expected = "it must be an address of this machine such as 127.0.0.1"
    return ListenError(f"--host: {host!r} will not do; {expected}", exit_code=2)


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def exit_cleanly_on_signals() -> None:
    """With exit code 0, at once or, while `serve` runs, when it has stopped."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit_cleanly)  # uvicorn raises the signal again when it has stopped


class _Server(uvicorn.Server):
    """Says that it is there only when it is, and when a signal ends it in order."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()


def serve(app: FastAPI, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serves until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        app,
        access_log=False,  # it would write query strings
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
        ws="none",
    )
    logging.getLogger("uvicorn.error").addFilter(_is_no_cut)
    _Server(config, announce).run(sockets=[listener])


def _is_no_cut(record: logging.LogRecord) -> bool:
    """A cut is meant: why a reply was cut is in this service's own log."""
    return record.getMessage() != "ASGI callable returned without completing response."


def _exit_cleanly(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
