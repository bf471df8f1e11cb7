import os
import signal
import socket
import threading
from contextlib import suppress

READY = b"\x01"


class Link:
    """A child's end: it says that it is ready, and ends in order when its parent is gone, however
    that ended."""

    def __init__(self, fd: int) -> None:
        self._parent = socket.socket(fileno=fd)
        threading.Thread(target=self._watch, name="parent", daemon=True).start()

    def ready(self) -> None:
        with suppress(OSError):  # gone, as will be noticed
            self._parent.send(READY)

    def _watch(self) -> None:
        """The parent never writes, so that whatever comes is the end of it."""
        self._parent.recv(1)
        os.kill(os.getpid(), signal.SIGTERM)
