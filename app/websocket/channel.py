"""One group's local connections, and the order in which they hear its messages."""

from collections.abc import Callable, Sequence

from app.bus.frames import GroupFrame
from app.websocket.connection import Connection

FILL_LIMIT = 500
"""Messages that are fetched at once."""


class Channel:
    """Frames with `seq` go out as last + 1, last + 2, …: a lower one is dropped as a repeat, a
    higher one waits until the hole before it has been fetched from the database."""

    def __init__(self, group_id: str, last_seq: int, fill_hole: "FillHole") -> None:
        self.group_id = group_id
        self.last_seq = last_seq
        self.connections: set[Connection] = set()
        self._newest = last_seq
        """The highest `seq` that is known to be stored."""
        self._fill_hole = fill_hole
        self._early: dict[int, GroupFrame] = {}
        self._filling = False

    def enter(self, connection: Connection, head: int) -> None:
        """The connection hears what comes after `head`. Where the others have heard some of that,
        it is fetched once more; they wait for it and skip it."""
        if head < self.last_seq:
            for other in self.connections:
                other.heads[self.group_id] = max(other.heads[self.group_id], self.last_seq)
            self.last_seq = head
        self.connections.add(connection)
        connection.heads[self.group_id] = head
        self._fill()

    def deliver(self, frame: GroupFrame) -> int:
        """The number of connections that the frame was queued for now."""
        if frame.seq is None:
            return self._push(frame)
        if frame.seq <= self.last_seq:
            return 0
        self._early[frame.seq] = frame
        self._newest = max(self._newest, frame.seq)
        count = self._push_ready()
        self._fill()
        return count

    def filled(self, frames: Sequence[GroupFrame]) -> None:
        """What the database had of the hole; where it had nothing, the next frame asks again."""
        self._early |= {f.seq: f for f in frames if f.seq is not None and f.seq > self.last_seq}
        self._push_ready()
        self._filling = False
        if frames:
            self._fill()

    def _fill(self) -> None:
        if self.last_seq < self._newest and not self._filling:
            self._filling = True
            before = min(self._early, default=self._newest + 1)
            self._fill_hole(self, self.last_seq, min(before, self.last_seq + 1 + FILL_LIMIT))

    def _push_ready(self) -> int:
        count = 0
        while (frame := self._early.pop(self.last_seq + 1, None)) is not None:
            self.last_seq += 1
            count = self._push(frame)
        return count

    def _push(self, frame: GroupFrame) -> int:
        return sum(self._push_to(connection, frame) for connection in self.connections)

    def _push_to(self, connection: Connection, frame: GroupFrame) -> bool:
        if frame.seq is not None and frame.seq <= connection.heads[self.group_id]:
            return False
        if frame.sender_text is not None and connection.user_id == frame.sender_id:
            return connection.push(frame.sender_text)
        return connection.user_id != frame.excluded and connection.push(frame.text)


FillHole = Callable[[Channel, int, int], None]
"""Asks for the channel's frames between two `seq`s, bounds excluded."""
