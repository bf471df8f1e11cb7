"""One group's local connections, and the order in which they hear its messages."""

from collections.abc import Sequence
from typing import Protocol

from app.bus.frames import GroupFrame, MemberFrame
from app.websocket.burst import Burst
from app.websocket.connection import Connection
from app.websocket.member_news import MemberNews

FILL_LIMIT = 500
"""Messages that are fetched at once."""


class Channel:
    """Frames with `seq` go out as last + 1, last + 2, …: a lower one is dropped as a repeat, a
    higher one waits until the hole before it has been fetched from the database. Nor does one go
    out before all changes of members that came before it are known. What is in order waits for
    `flush`, so that all frames of one turn of the event loop leave together."""

    def __init__(self, group_id: str, last_seq: int, news: MemberNews, needs: "Needs") -> None:
        self.group_id = group_id
        self.last_seq = last_seq
        self.news = news
        self.connections: set[Connection] = set()
        self._newest = last_seq
        """The highest `seq` that is known to be stored."""
        self._needs = needs
        self._ahead: dict[Connection, int] = {}
        """Those who entered knowing of more changes of members than have been told here."""
        self._early: dict[int, GroupFrame] = {}
        self._ready: list[GroupFrame] = []
        self._filling = False

    def enter(self, connection: Connection, head: int, member_changes: int = 0) -> None:
        """The connection hears what comes after `head`, and what changes of members come after so
        many. Where the others have heard some of the messages, they are fetched once more; the
        others wait for that and skip them."""
        self.flush()
        if head < self.last_seq:
            for other in self.connections:
                other.heads[self.group_id] = max(other.heads[self.group_id], self.last_seq)
            self.last_seq = head
        self.connections.add(connection)
        connection.heads[self.group_id] = head
        if member_changes > self.news.changes:
            self._ahead[connection] = member_changes
        self._fill()

    def leave(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self._ahead.pop(connection, None)

    def knows(self, connection: Connection, change: MemberFrame) -> bool:
        """It has entered after that."""
        return self._ahead.get(connection, -1) >= change.member_changes

    def heard_of(self, last_seq: int, member_changes: int) -> None:
        """So much is stored."""
        self._newest = max(self._newest, last_seq)
        self.news.expect(member_changes)
        self.go_on()

    def deliver(self, frame: GroupFrame) -> int:
        """The number of connections that the frame is going to now."""
        if frame.seq is None:
            self._queue(frame)
            return sum(connection.user_id != frame.excluded for connection in self.connections)
        if frame.seq <= self.last_seq:
            return 0
        self._early[frame.seq] = frame
        self._newest = max(self._newest, frame.seq)
        self.news.expect(frame.member_changes)
        self.go_on()
        return len(self.connections) if frame.seq <= self.last_seq else 0

    def filled(self, frames: Sequence[GroupFrame]) -> None:
        """What the database had of the hole; where it had nothing, the next frame asks again."""
        self._early |= {f.seq: f for f in frames if f.seq is not None and f.seq > self.last_seq}
        for frame in frames:
            self.news.expect(frame.member_changes)
        self._queue_ready()
        self._filling = False
        if frames or not self.hole:
            self.go_on()

    def go_on(self) -> None:
        """As far as is known, and asks for the rest."""
        self._queue_ready()
        if self.news.missing:
            self._needs.members(self)
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

    def tell_change(self, change: MemberFrame) -> int:
        """Everybody here, after what has been delivered before; the number of them."""
        self.flush()
        burst, everybody = Burst(change.payload), tuple(self.connections)
        return sum(one.push(burst) for one in everybody if not self.knows(one, change))

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

    @property
    def hole(self) -> tuple[int, int] | None:
        """The next messages that are stored and not here: the `seq`s around them."""
        after = self.last_seq
        if after >= self._newest or after + 1 in self._early:
            return None
        before = min(self._early, default=self._newest + 1)
        return after, min(before, after + 1 + FILL_LIMIT)

    def _fill(self) -> None:
        if not self._filling and self.hole:
            self._filling = True
            self._needs.messages(self)

    def _queue_ready(self) -> None:
        while (frame := self._early.get(self.last_seq + 1)) is not None:
            if self.news.missing and frame.member_changes > self.news.changes:
                return
            del self._early[self.last_seq + 1]
            self.last_seq += 1
            self._queue(frame)

    def _queue(self, frame: GroupFrame) -> None:
        if not self._ready:
            self._needs.flush_soon(self)
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


class Needs(Protocol):
    """What a channel asks the hub for."""

    def messages(self, channel: Channel) -> None:
        """To be `filled` with those of its `hole`."""

    def members(self, channel: Channel) -> None:
        """Changes of members that have not been heard of."""

    def flush_soon(self, channel: Channel) -> None:
        """At the end of this turn of the event loop."""
