"""One group's local connections, and the order in which they hear its messages."""

from collections.abc import Callable, Sequence

from app.bus.frames import GroupFrame
from app.websocket.burst import Burst
from app.websocket.connection import Connection

FILL_LIMIT = 500
"""Messages that are fetched at once."""


class Channel:
    """Frames with `seq` go out as last + 1, last + 2, …: a lower one is dropped as a repeat, a
    higher one waits until the hole before it has been fetched from the database. What is in order
    waits for `flush`, so that all frames of one turn of the event loop leave together."""

    def __init__(
        self, group_id: str, last_seq: int, fill_hole: "FillHole", flush_soon: "FlushSoon"
    ) -> None:
        self.group_id = group_id
        self.last_seq = last_seq
        self.connections: set[Connection] = set()
        self._newest = last_seq
        """The highest `seq` that is known to be stored."""
        self._fill_hole = fill_hole
        self._flush_soon = flush_soon
        self._early: dict[int, GroupFrame] = {}
        self._ready: list[GroupFrame] = []
        self._filling = False

    def enter(self, connection: Connection, head: int) -> None:
        """The connection hears what comes after `head`. Where the others have heard some of that,
        it is fetched once more; they wait for it and skip it."""
        self.flush()
        if head < self.last_seq:
            for other in self.connections:
                other.heads[self.group_id] = max(other.heads[self.group_id], self.last_seq)
            self.last_seq = head
        self.connections.add(connection)
        connection.heads[self.group_id] = head
        self._fill()

    def deliver(self, frame: GroupFrame) -> int:
        """The number of connections that the frame is going to now."""
        if frame.seq is None:
            self._queue(frame)
            return sum(connection.user_id != frame.excluded for connection in self.connections)
        if frame.seq <= self.last_seq:
            return 0
        self._early[frame.seq] = frame
        self._newest = max(self._newest, frame.seq)
        self._queue_ready()
        self._fill()
        return len(self.connections) if frame.seq <= self.last_seq else 0

    def filled(self, frames: Sequence[GroupFrame]) -> None:
        """What the database had of the hole; where it had nothing, the next frame asks again."""
        self._early |= {f.seq: f for f in frames if f.seq is not None and f.seq > self.last_seq}
        self._queue_ready()
        self._filling = False
        if frames:
            self._fill()

    def flush(self) -> None:
        frames, self._ready = self._ready, []
        if not frames:
            return
        common = Burst(*(frame.payload for frame in frames))
        first = next((frame.seq for frame in frames if frame.seq is not None), 1 << 63)
        apart = {f.sender_id for f in frames if f.sender_payload} | {f.excluded for f in frames}
        partial = any(frame.partial for frame in frames)
        for connection in tuple(self.connections):
            ordinary = (
                connection.heads[self.group_id] < first
                and connection.user_id not in apart
                and not connection.held
                and (connection.partial or not partial)
            )
            if ordinary:
                connection.push(common)
            else:
                self._push_apart(connection, frames)

    def tell(self, burst: Burst) -> int:
        """Everybody here, after what has been delivered before; the number of them."""
        self.flush()
        return sum(connection.push(burst) for connection in tuple(self.connections))

    def hold(self, connection: Connection) -> None:
        """Frames with `seq` wait for `release`, as far as this connection is concerned."""
        self.flush()
        connection.held[self.group_id] = []

    def release(self, connection: Connection, head: int) -> None:
        """What comes after `head` is now told; the client has been told what comes before it."""
        self.flush()
        held = connection.held.pop(self.group_id)
        connection.heads[self.group_id] = max(connection.heads[self.group_id], head)
        self._push_own(connection, [f for f in held if f.seq is not None and f.seq > head])

    def _fill(self) -> None:
        if self.last_seq < self._newest and not self._filling:
            self._filling = True
            before = min(self._early, default=self._newest + 1)
            self._fill_hole(self, self.last_seq, min(before, self.last_seq + 1 + FILL_LIMIT))

    def _queue_ready(self) -> None:
        while (frame := self._early.pop(self.last_seq + 1, None)) is not None:
            self.last_seq += 1
            self._queue(frame)

    def _queue(self, frame: GroupFrame) -> None:
        if not self._ready:
            self._flush_soon(self)
        self._ready.append(frame)

    def _push_apart(self, connection: Connection, frames: Sequence[GroupFrame]) -> None:
        """To one who has been told some of them, or has its messages held back, or is a sender."""
        head = connection.heads[self.group_id]
        new = [frame for frame in frames if frame.seq is None or frame.seq > head]
        held = connection.held.get(self.group_id)
        if held is not None:
            held += (frame for frame in new if frame.seq is not None)
            new = [frame for frame in new if frame.seq is None]
        self._push_own(connection, new)

    @staticmethod
    def _push_own(connection: Connection, frames: Sequence[GroupFrame]) -> None:
        user_id = connection.user_id
        payloads = [
            frame.sender_payload
            if frame.sender_payload is not None and frame.sender_id == user_id
            else frame.payload
            for frame in frames
            if frame.excluded != user_id and (connection.partial or not frame.partial)
        ]
        if payloads:
            connection.push(Burst(*payloads))


FillHole = Callable[[Channel, int, int], None]
"""Asks for the channel's frames between two `seq`s, bounds excluded."""
FlushSoon = Callable[[Channel], None]
"""Asks for `flush` at the end of this turn of the event loop."""
