"""One socket as the hub sees it."""

from app.bus.frames import GroupFrame
from app.websocket.burst import Burst
from app.websocket.close_codes import CloseCode
from app.websocket.wire import Wire


class Connection:
    """`push` never waits. A reader that lets more than `max_unsent` bytes pile up is closed with
    4008 and catches up later; nobody else notices."""

    __slots__ = (
        "_allowed", "_max_unsent", "_wire", "close_code", "connection_id", "heads", "held",
        "partial", "user_id",
    )  # fmt: skip

    def __init__(self, connection_id: str, user_id: str, wire: Wire, max_unsent: int) -> None:
        self.connection_id = connection_id
        self.user_id = user_id
        self.heads: dict[str, int] = {}
        """The groups this connection hears, each with the `seq` up to which it is not pushed,
        since the client was told of it when it entered or synced."""
        self.held: dict[str, list[GroupFrame]] = {}
        """The groups whose frames wait until what was missed before them has been read."""
        self.partial = True
        """Hears of replies under way, and not of whole ones only."""
        self.close_code: CloseCode | None = None
        self._wire = wire
        self._max_unsent = self._allowed = max_unsent

    def push(self, burst: Burst) -> bool:
        """True where it was queued. A burst that need not wait may be of any size, and what comes
        after a large one may wait behind it."""
        if self.close_code is not None:
            return False
        unsent, size = self._wire.unsent(), len(burst.raw)
        if not unsent:
            self._allowed = self._max_unsent + (size if size > self._max_unsent else 0)
        elif unsent + size > self._allowed:
            self.close(CloseCode.READER_TOO_SLOW)
            return False
        self._wire.write(burst)
        return True

    def close(self, code: CloseCode) -> None:
        """What is queued is still written first, as far as the reader takes it soon."""
        if self.close_code is not None:
            return
        self.close_code = code
        self._wire.close(code, code.name.lower())
