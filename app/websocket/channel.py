"""One group's local connections, and the order in which they hear its messages."""

from collections.abc import Callable, Iterable

from app.bus.frames import GroupFrame
from app.websocket.connection import Connection

FillHole = Callable[[str, int, int], None]
"""Asks for the frames of a group between two `seq`s, bounds excluded."""


class Channel:
    """Frames with `seq` go out as last + 1, last + 2, …: a lower one is dropped as a repeat, a
    higher one waits until the hole before it has been fetched from the database."""

    def __init__(self, group_id: str, last_seq: int, fill_hole: FillHole) -> None:
        self.group_id = group_id
        self.last_seq = last_seq
        self.connections: set[Connection] = set()
        self._fill_hole = fill_hole
        self._early: dict[int, GroupFrame] = {}
        self._filling = False

    def deliver(self, frame: GroupFrame) -> int:
        """The number of connections that the frame was queued for now."""
        if frame.seq is None:
            return self._push(frame)
        if frame.seq <= self.last_seq:
            return 0
        self._early[frame.seq] = frame
        count = self._push_ready()
        if self._early and not self._filling:
            self._filling = True
            self._fill_hole(self.group_id, self.last_seq, min(self._early))
        return count

    def filled(self, frames: Iterable[GroupFrame]) -> None:
        """What the database had of the hole."""
        self._filling = False
        for frame in frames:
            self.deliver(frame)

    def _push_ready(self) -> int:
        count = 0
        while (frame := self._early.pop(self.last_seq + 1, None)) is not None:
            self.last_seq += 1
            count = self._push(frame)
        return count

    def _push(self, frame: GroupFrame) -> int:
        return sum(self._push_to(connection, frame) for connection in self.connections)

    def _push_to(self, connection: Connection, frame: GroupFrame) -> bool:
        if frame.seq is not None and frame.seq <= connection.heads.get(self.group_id, 0):
            return False
        if frame.sender_text is not None and connection.user_id == frame.sender_id:
            return connection.push(frame.sender_text)
        return connection.user_id != frame.excluded and connection.push(frame.text)
