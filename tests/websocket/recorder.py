"""A connection whose frames stay where they can be seen."""

import json
from collections.abc import Callable

from app.websocket.burst import Burst
from app.websocket.connection import Connection
from app.websocket.wire import Receive


class NoWire:
    """A peer that takes everything at once and says nothing."""

    def listen(self, receive: Receive, lost: Callable[[], None]) -> None: ...
    def write(self, burst: Burst) -> None: ...
    def unsent(self) -> int:
        return 0

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def close(self, code: int, reason: str) -> None: ...
    async def finish(self) -> None: ...


class Recorder(Connection):
    """`flush` ends the turn of the event loop, before anybody looks."""

    def __init__(self, user_id: str, flush: Callable[[], None]) -> None:
        super().__init__("conn", user_id, NoWire(), 1 << 30)
        self._flush = flush
        self._heard: list[str] = []
        self.bursts = 0

    def push(self, burst: Burst) -> bool:
        self.bursts += 1
        self._heard += (payload.decode() for payload in burst.payloads)
        return True

    def tell(self, texts: list[str]) -> None:
        """By another way than the hub's."""
        self._heard += texts

    @property
    def heard(self) -> list[str]:
        self._flush()
        return self._heard

    def seqs(self, group: str = "g") -> list[int]:
        frames = [json.loads(text) for text in self.heard]
        return [f["seq"] for f in frames if f["type"] == "message_sent" and f["group_id"] == group]
