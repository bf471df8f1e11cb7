"""`sync` of one connection: what was missed, then what comes."""

from collections.abc import Mapping

import msgspec
from sqlalchemy.orm import Session

from app.bootstrap import Container
from app.errors import GroupNotFound
from app.services.core.missed import Missed, read_missed
from app.websocket import frames
from app.websocket.burst import Burst
from app.websocket.connection import Connection
from app.websocket.greeting import tell_partial


async def sync(container: Container, connection: Connection, frame: frames.Sync) -> None:
    """Live messages of the groups are held back until the result has been queued, and go on right
    after it: nothing comes early, twice, or not at all."""
    hub = container.hub
    heads = dict.fromkeys(hub.hold(connection, frame.groups), 0)
    positions = {group_id: frame.groups[group_id] for group_id in heads}
    if frame.epoch != container.epoch:
        positions = dict.fromkeys(positions, NOWHERE)
    most_bytes = container.settings.websocket.ws_max_sync_bytes
    try:
        found = await container.door.read(
            lambda db: _read(db, connection.user_id, positions, most_bytes)
        )
        found = {group: one for group, one in found.items() if group in connection.held}
        for group_id in frame.groups.keys() - found.keys():
            error = frames.error_frame(GroupNotFound(), group_id=group_id)
            connection.push(Burst(frames.encode(error)))
        if connection.push(Burst(frames.encode(frames.SyncResult(container.epoch, found)))):
            heads |= {group: one.last_seq for group, one in found.items()}
            tell_partial(container, connection, found)
    finally:
        hub.release(connection, heads)


def _read(
    db: Session, user_id: str, positions: Mapping[str, int], most_bytes: int
) -> dict[str, frames.GroupSync]:
    """On a database thread, which also encodes: the event loop has others to serve."""
    answer = {}
    for group_id, missed in read_missed(db, user_id, positions).items():
        told = _told(missed, user_id, most_bytes)
        most_bytes -= sum(map(len, told or ()))
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
