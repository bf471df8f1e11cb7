"""Users as cheap as they can be, so that one core of them can keep a server busy.

A user is closed-loop: `window` messages are in flight, and an answer to one sends the next. With a
window of 0 it only sends what it is told to.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import cast

from bench.clients.tally import Tally

ID_DIGITS = 8
"""Every client_msg_id has as many, so that all of a user's messages are equally long."""
RETRY_SECONDS = 0.05
"""After a refusal; a refused message is not sent again, the next one is."""
clock = time.perf_counter


@dataclass(frozen=True, slots=True)
class Place:
    """Where a user sends, and how much at once."""

    host: str
    port: int
    user_id: str
    group_id: str
    content: bytes
    window: int


class User(asyncio.Protocol):
    """A connection of one user. Subclasses know how a message is written and answered."""

    def __init__(self, place: Place, tally: Tally) -> None:
        self.place = place
        self._tally = tally
        self._transport: asyncio.Transport | None = None
        self._waiting: dict[bytes, float] = {}
        self._last_id = 0
        self._closing = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the connection can send; fails where it never will."""

    def frame(self, client_msg_id: bytes) -> bytes:
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def start(self) -> None:
        self.send(self.place.window)

    def answered(self, count: int) -> None:
        """So many messages are no longer under way."""
        if self.place.window:
            self.send(count)

    def send(self, count: int) -> None:
        """So many messages in one write."""
        if not self._tally.sending or self._transport is None or not count:
            return
        now = clock()
        frames = []
        for _ in range(count):
            self._last_id += 1
            client_msg_id = b"%0*d" % (ID_DIGITS, self._last_id)
            self._waiting[client_msg_id] = now
            frames.append(self.frame(client_msg_id))
        self._tally.in_flight += count
        self._transport.write(b"".join(frames))

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def acknowledged(self, client_msg_id: bytes, now: float) -> float | None:
        """When it was sent; None where nobody waits for it."""
        sent_at = self._waiting.pop(client_msg_id, None)
        if sent_at is None:
            self._tally.unexpected += 1
        else:
            self._tally.acknowledge(sent_at, now)
        return sent_at

    def refused(self, client_msg_id: bytes, reason: str) -> None:
        if self._waiting.pop(client_msg_id, None) is None:
            self._tally.errors[reason] += 1
            return
        self._tally.refuse(reason)
        asyncio.get_running_loop().call_later(RETRY_SECONDS, self.answered, 1)

    def fail(self, reason: str) -> None:
        """The connection is of no use any more."""
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(reason))
        elif not self._closing:
            self._tally.lose(reason)
        self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._closing:
            self.fail(f"the server closed the connection{f': {exc}' if exc else ''}")

    def close(self) -> None:
        self._closing = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """As a network does: no close frame, nothing more is sent."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()
