"""Work on a database thread, for which nobody waits for ever."""

import asyncio
import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)


def nothing_to_do() -> None:
    pass


class Attempt:
    """A database that hangs, or a network that has lost it without saying so, would keep the
    thread for good: a driver waits for its answer as long as the socket is open."""

    __slots__ = ("_abandon", "_given_up", "_lock", "_socket", "since")

    def __init__(self, abandon: Callable[[], None] = nothing_to_do) -> None:
        """`abandon` tells those who wait."""
        self.since = time.monotonic()
        self._abandon = abandon
        self._lock = threading.Lock()
        self._socket: int | None = None
        self._given_up = False

    @contextlib.contextmanager
    def on(self, db: Session) -> Iterator[None]:
        """Around what the thread does on this session, whose connection it has to itself. SQLite
        has no socket, and waits for locks only, which are bounded. Raises DatabaseUnavailable
        where it comes too late."""
        link = _socket_of(db.connection().connection.driver_connection)
        with self._lock:
            if self._given_up:
                raise DatabaseUnavailable
            self._socket = link
        try:
            yield
        finally:
            with self._lock:
                self._socket = None

    def give_up(self) -> None:
        """Ends the connection from outside, which wakes the thread with an error."""
        with self._lock:
            self._given_up = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    shared = socket.socket(fileno=os.dup(self._socket))
                    with contextlib.closing(shared):
                        shared.shutdown(socket.SHUT_RDWR)
        self._abandon()


def _socket_of(driver: Any) -> int | None:
    """psycopg names it; PyMySQL keeps it."""
    link = driver if hasattr(driver, "fileno") else getattr(driver, "_sock", None)
    return None if link is None else int(link.fileno())


class Watch:
    """Gives up what takes longer than `patience_s`; a quarter more, since it looks that often."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._attempts: set[Attempt] = set()
        self._looking = False

    def add(self, attempt: Attempt) -> None:
        """On the event loop."""
        self._attempts.add(attempt)
        self._look_soon()

    def discard(self, attempt: Attempt) -> None:
        """From any thread."""
        self._attempts.discard(attempt)

    def _look_soon(self) -> None:
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(self._patience_s / 4, self._look)

    def _look(self) -> None:
        self._looking = False
        patient_since = time.monotonic() - self._patience_s
        for attempt in tuple(self._attempts):
            if attempt.since < patient_since:
                log.warning("database_given_up")
                self._attempts.discard(attempt)
                attempt.give_up()
        if self._attempts:
            self._look_soon()
