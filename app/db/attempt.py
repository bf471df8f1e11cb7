"""Work on a database thread, for which nobody waits for ever."""

import contextlib
import os
import socket
import threading

from sqlalchemy.orm import Session

from app.errors import DatabaseUnavailable


class Attempt:
    """A database that hangs, or a network that has lost it without saying so, would keep the
    thread for good: a driver waits for its answer as long as the socket is open."""

    __slots__ = ("_given_up", "_lock", "_socket")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: int | None = None
        self._given_up = False

    def begin(self, db: Session) -> None:
        """Called by the thread, which has the session's connection to itself until `end`. SQLite
        has no socket, and waits for locks only, which are bounded. Raises DatabaseUnavailable
        where it comes too late."""
        fileno = getattr(db.connection().connection.driver_connection, "fileno", None)
        with self._lock:
            if self._given_up:
                raise DatabaseUnavailable
            self._socket = None if fileno is None else fileno()

    def end(self) -> None:
        with self._lock:
            self._socket = None

    def give_up(self) -> None:
        """Ends the connection from outside, which wakes the thread with an error."""
        with self._lock:
            self._given_up = True
            if self._socket is None:
                return
            with contextlib.suppress(OSError):
                shared = socket.socket(fileno=os.dup(self._socket))
                with contextlib.closing(shared):
                    shared.shutdown(socket.SHUT_RDWR)
