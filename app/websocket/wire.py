"""A socket as a connection uses it, whichever server it belongs to."""

from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

from app.websocket.burst import Burst


class Unreadable(Enum):
    NOT_TEXT = auto()
    TOO_LONG = auto()


Message = str | Unreadable
Receive = Callable[[Message], None]


class Wire(Protocol):
    def listen(self, receive: Receive, lost: Callable[[], None]) -> None:
        """From now on messages go to `receive`, those first that have come before. `lost` is
        called when the peer has gone, or nothing more can be written since the socket is closed;
        it may be called more than once."""

    def write(self, burst: Burst) -> None:
        """Never waits."""

    def unsent(self) -> int:
        """Bytes that the peer has not taken yet."""

    def pause_reading(self) -> None:
        """Only what has arrived already may still be received."""

    def resume_reading(self) -> None: ...

    def close(self, code: int, reason: str) -> None:
        """Never waits, and calls nobody before the next turn of the event loop. What has been
        written leaves first, as far as the peer takes it soon."""

    async def finish(self) -> None:
        """Returns when the server may take its call of the program as ended."""
