"""The hub: which connections belong to which user and group, kept true by member events."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable

import structlog

from app.bus.frames import ConnectionFrame, Frame, GroupFrame, MemberFrame, UserFrame
from app.services.core.records import MessageRecord
from app.websocket.burst import Burst
from app.websocket.channel import Channel
from app.websocket.close_codes import CloseCode
from app.websocket.connection import Connection
from app.websocket.publisher import group_frame

log = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5

ReadBetween = Callable[[str, int, int], Awaitable[list[MessageRecord]]]


class Hub:
    """Lives on the event loop and is touched from nowhere else."""

    def __init__(self, read_between: ReadBetween) -> None:
        self._read_between = read_between
        self._users: dict[str, set[Connection]] = {}
        self._channels: dict[str, Channel] = {}
        self._joining: dict[Connection, bool] = {}
        """Those whose memberships are being read; True where they have changed meanwhile."""
        self._passed: dict[str, int] = {}
        """The highest `seq`s that passed while somebody was joining: they may be later than what
        was read, and come no more, so they are told as well."""
        self._draining: CloseCode | None = None
        self._empty = asyncio.Event()
        self._empty.set()
        self._fills: set[asyncio.Task[None]] = set()
        self._to_flush: list[Channel] = []

    @property
    def connection_count(self) -> int:
        return sum(len(connections) for connections in self._users.values())

    def connections_of(self, user_id: str) -> int:
        return len(self._users.get(user_id, ()))

    def begin(self, connection: Connection) -> None:
        """Before the memberships are read: from here on no change of them is missed."""
        self._users.setdefault(connection.user_id, set()).add(connection)
        self._joining[connection] = False
        self._empty.clear()
        if self._draining is not None:
            connection.close(self._draining)

    def join(self, connection: Connection, heads: dict[str, int]) -> dict[str, int] | None:
        """`heads` are the groups' last `seq` as just read. Gives the ones to tell the client:
        exactly what comes after them will be pushed. None where the memberships have changed
        since: read them again."""
        if self._joining[connection]:
            self._joining[connection] = False
            return None
        told = {group: max(head, self._passed.get(group, 0)) for group, head in heads.items()}
        self._joined(connection)
        for group_id, head in told.items():
            self._enter(connection, group_id, head)
        return told

    def _joined(self, connection: Connection) -> None:
        self._joining.pop(connection, None)
        if not self._joining:
            self._passed.clear()

    def leave(self, connection: Connection) -> None:
        self._joined(connection)
        connections = self._users.get(connection.user_id, set())
        connections.discard(connection)
        if not connections:
            self._users.pop(connection.user_id, None)
        for group_id in tuple(connection.heads):
            self._exit(connection, group_id)
        if not self._users:
            self._empty.set()

    def close_all(self, code: CloseCode) -> None:
        for connections in self._users.values():
            for connection in connections:
                connection.close(code)

    async def drain(self, code: CloseCode, timeout_s: float = 2.0) -> None:
        """Closes every socket, and those still to come, and waits until they have heard of it."""
        self._draining = code
        self.close_all(code)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), timeout_s)

    def hold(self, connection: Connection, group_ids: Iterable[str]) -> list[str]:
        """Live messages of these groups wait for `release`. Gives those groups of them that the
        connection is in."""
        own = [group_id for group_id in group_ids if group_id in connection.heads]
        for group_id in own:
            self._channels[group_id].hold(connection)
        return own

    def release(self, connection: Connection, heads: dict[str, int]) -> None:
        """The groups held, each with the `seq` up to which the client has been told of it just
        now; 0 where it has been told nothing. Left alone are groups it was removed from since."""
        for group_id, head in heads.items():
            if group_id in connection.held:
                self._channels[group_id].release(connection, head)

    def receive(self, frame: Frame) -> int:
        """The bus's receiver; gives the number of connections the frame was queued for."""
        if isinstance(frame, GroupFrame):
            return self._deliver(frame)
        if isinstance(frame, MemberFrame):
            return self._member_changed(frame)
        if isinstance(frame, UserFrame):
            return self._push_to_user(frame)
        return self._push_to_one(frame) if isinstance(frame, ConnectionFrame) else 0

    def _deliver(self, frame: GroupFrame) -> int:
        if self._joining and frame.seq is not None:
            self._passed[frame.group_id] = max(frame.seq, self._passed.get(frame.group_id, 0))
        channel = self._channels.get(frame.group_id)
        return channel.deliver(frame) if channel else 0

    def _push_to_user(self, frame: UserFrame) -> int:
        own = self._users.get(frame.user_id, set()) - self._joining.keys()
        burst = Burst(frame.payload)
        return sum(connection.push(burst) for connection in own)

    def _push_to_one(self, frame: ConnectionFrame) -> int:
        """Nothing where it has left the group meanwhile."""
        burst = Burst(frame.payload)
        return sum(
            self.tell(connection, burst)
            for connection in tuple(self._users.get(frame.user_id, ()))
            if connection.connection_id == frame.connection_id
            and frame.group_id in connection.heads
        )

    def _member_changed(self, frame: MemberFrame) -> int:
        """Everybody in the group hears of it. The user concerned is in the group before hearing
        of having joined, and out of it after hearing of having left."""
        own = self._users.get(frame.user_id, set())
        for connection in own & self._joining.keys():
            self._joining[connection] = True
        own = own - self._joining.keys()
        if frame.joined:
            for connection in own:
                self._enter(connection, frame.group_id, frame.last_seq)
        channel = self._channels.get(frame.group_id)
        count = channel.tell(Burst(frame.payload)) if channel else 0
        if not frame.joined:
            for connection in own:
                self._exit(connection, frame.group_id)
        return count

    def _enter(self, connection: Connection, group_id: str, head: int) -> None:
        channel = self._channels.get(group_id)
        if channel is None:
            channel = self._channels[group_id] = Channel(
                group_id, head, self._fill_hole, self._flush_soon
            )
        if connection not in channel.connections:
            channel.enter(connection, head)

    def _exit(self, connection: Connection, group_id: str) -> None:
        channel = self._channels.get(group_id)
        if channel is not None:
            channel.flush()
        connection.heads.pop(group_id, None)
        connection.held.pop(group_id, None)
        if channel is not None:
            channel.connections.discard(connection)
            if not channel.connections:
                del self._channels[group_id]

    def _flush_soon(self, channel: Channel) -> None:
        if not self._to_flush:
            asyncio.get_running_loop().call_soon(self.flush)
        self._to_flush.append(channel)

    def tell(self, connection: Connection, burst: Burst) -> bool:
        """One connection alone, behind all that has been delivered by now."""
        self.flush()
        return connection.push(burst)

    def flush(self) -> None:
        """What this turn of the event loop has brought leaves."""
        channels, self._to_flush = self._to_flush, []
        for channel in channels:
            channel.flush()

    def _fill_hole(self, channel: Channel, after: int, before: int) -> None:
        task = asyncio.create_task(self._fetch(channel, after, before))
        self._fills.add(task)
        task.add_done_callback(self._fills.discard)

    async def _fetch(self, channel: Channel, after: int, before: int) -> None:
        """Until it succeeds, or nobody of the group is here any more: a hole is never skipped."""
        while self._channels.get(channel.group_id) is channel:
            try:
                messages = await self._read_between(channel.group_id, after, before)
            except Exception:
                log.exception(
                    "gap_fill_failed", group_id=channel.group_id, after=after, before=before
                )
                await asyncio.sleep(RETRY_SECONDS)
            else:
                channel.filled([group_frame(message) for message in messages])
                return
