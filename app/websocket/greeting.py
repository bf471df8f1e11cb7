"""`connected`: the first frame of a connection, and from where on it hears its groups."""

from collections.abc import Awaitable, Iterable

import msgspec
import structlog

from app.bootstrap import Container
from app.services.core.group_service import GroupService
from app.services.core.records import Membership
from app.utils.clock import rfc3339, utc_now
from app.websocket import frames
from app.websocket.burst import Burst
from app.websocket.connection import Connection

log = structlog.get_logger(__name__)


async def greet(container: Container, connection: Connection) -> None:
    """No await between joining the hub and queueing `connected`: nothing may come before it."""
    heads, memberships = None, []
    while heads is None:
        memberships = await _memberships(container, connection.user_id)
        heads = container.hub.join(
            connection,
            {one.group.group_id: (one.group.last_seq, one.member_changes) for one in memberships},
        )
    states = frames.group_states(memberships)
    groups = {
        group_id: msgspec.structs.replace(state, last_seq=heads[group_id])
        for group_id, state in states.items()
    }
    connection.push(Burst(frames.encode(_connected(container, connection, groups))))
    tell_partial(container, connection, groups)
    log.info("socket_connected", user_id=connection.user_id, groups=len(groups))


def tell_partial(container: Container, connection: Connection, group_ids: Iterable[str]) -> None:
    """Replies under way there, as far as others have heard them: deltas go on from that."""
    if container.ai_layer is not None and connection.partial:
        container.ai_layer.replies.show(group_ids, connection.user_id, connection.connection_id)


async def _memberships(container: Container, user_id: str) -> list[Membership]:
    """Read when the bus brings all that comes after it: so the second time where a group is new to
    this process."""
    await _if_any(container.bus.watch(users=[user_id]))
    while True:
        found = await container.door.read(lambda db: GroupService(db).memberships(user_id))
        pending = container.bus.watch(groups=[one.group.group_id for one in found])
        if pending is None:
            return found
        await pending


async def _if_any(pending: Awaitable[None] | None) -> None:
    if pending is not None:
        await pending


def _connected(
    container: Container, connection: Connection, groups: dict[str, frames.GroupState]
) -> frames.Connected:
    settings = container.settings.websocket
    return frames.Connected(
        user_id=connection.user_id,
        connection_id=connection.connection_id,
        epoch=container.epoch,
        server_time=rfc3339(utc_now()),
        heartbeat_s=_whole(settings.ws_heartbeat_seconds),
        max_frame_bytes=settings.max_frame_bytes,
        groups=groups,
    )


def _whole(seconds: float) -> int | float:
    """25 rather than 25.0, for clients that expect an integer."""
    return int(seconds) if seconds.is_integer() else seconds
