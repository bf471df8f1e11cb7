"""`sync` of one connection: what was missed, then what comes."""

import msgspec
from sqlalchemy.orm import Session

from app.bootstrap import Container
from app.errors import GroupNotFound
from app.services.core.missed import Missed, read_missed
from app.websocket import frames
from app.websocket.burst import Burst
from app.websocket.connection import Connection


class Resume:
    """Live messages of the groups are held back until the result has been queued, and go on right
    after it: nothing comes early, twice, or not at all."""

    def __init__(self, container: Container, connection: Connection) -> None:
        self._container = container
        self._connection = connection
        self._most_bytes = container.settings.websocket.ws_max_sync_bytes

    async def sync(self, frame: frames.Sync) -> None:
        hub, connection = self._container.hub, self._connection
        held = hub.hold(connection, frame.groups)
        heads = dict.fromkeys(held, 0)
        try:
            found = await self._container.door.read(
                lambda db: self._read(db, frame, {group: frame.groups[group] for group in held})
            )
            found = {group: one for group, one in found.items() if group in connection.held}
            for group_id in frame.groups.keys() - found.keys():
                error = frames.error_frame(GroupNotFound(), group_id=group_id)
                connection.push(Burst(frames.encode(error)))
            result = frames.SyncResult(self._container.epoch, found)
            if connection.push(Burst(frames.encode(result))):
                heads |= {group: one.last_seq for group, one in found.items()}
        finally:
            hub.release(connection, heads)

    def _read(
        self, db: Session, frame: frames.Sync, positions: dict[str, int]
    ) -> dict[str, frames.GroupSync]:
        """On a database thread, which also encodes: the event loop has others to serve."""
        if frame.epoch != self._container.epoch:
            positions = dict.fromkeys(positions, NOWHERE)
        user_id, left, answer = self._connection.user_id, self._most_bytes, {}
        for group_id, missed in read_missed(db, user_id, positions).items():
            told = _told(missed, user_id, left)
            left -= sum(map(len, told or ()))
            answer[group_id] = frames.GroupSync(
                recovered=told is not None,
                last_seq=missed.last_seq,
                messages=None if told is None else [msgspec.Raw(payload) for payload in told],
            )
        return answer


def _told(missed: Missed, user_id: str, most_bytes: int) -> list[bytes] | None:
    """None rather than a part of what was missed, which would look like the whole."""
    if missed.messages is None:
        return None
    told = []
    for message in missed.messages:
        own = message.from_user_id == user_id
        told.append(frames.encode(frames.stored_frame(message, for_sender=own)))
        most_bytes -= len(told[-1])
        if most_bytes < 0:
            return None
    return told


NOWHERE = 1 << 63
"""A position beyond every head: of another database, nothing counts as seen."""
