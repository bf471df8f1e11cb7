import secrets
import time
from collections.abc import Callable

from app.errors import Unauthenticated
from app.services.core.access import Caller

TICKET_SECONDS = 30


class Tickets:
    """Single-use keys for sockets of browsers, which cannot send a header. Kept in memory: a
    ticket is taken back to the process that gave it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tickets: dict[str, tuple[float, Caller]] = {}

    async def issue(self, caller: Caller) -> str:
        self._forget_old()
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = (self._clock() + TICKET_SECONDS, caller)
        return ticket

    async def redeem(self, ticket: str) -> Caller:
        """Raises Unauthenticated for an unknown, used or old ticket."""
        until, caller = self._tickets.pop(ticket, (0.0, None))
        if caller is None or self._clock() > until:
            raise Unauthenticated("The ticket is unknown, used, or older than 30 seconds.")
        return caller

    def forget(self, ticket: str) -> None:
        """It is kept elsewhere."""
        self._tickets.pop(ticket, None)

    def __len__(self) -> int:
        return len(self._tickets)

    def _forget_old(self) -> None:
        """Tickets are kept in the order in which they end."""
        now = self._clock()
        while self._tickets:
            oldest = next(iter(self._tickets))
            if self._tickets[oldest][0] > now:
                return
            del self._tickets[oldest]
