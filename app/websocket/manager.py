"""The hub: which connections belong to which user and group, kept true by member events."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from app.bus.frames import Frame, GroupFrame, MemberFrame, UserFrame
from app.errors import AppError
from app.services.core.records import MessageRecord
from app.websocket.channel import Channel
from app.websocket.close_codes import CloseCode
from app.websocket.connection import Connection
from app.websocket.publisher import group_frame

log = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5
POLL_SECONDS = 0.02

ReadBetween = Callable[[str, int, int], Awaitable[list[MessageRecord]]]


class Hub:
    """Lives on the event loop and is touched from nowhere else."""

    def __init__(self, read_between: ReadBetween) -> None:
        self._read_between = read_between
        self._users: dict[str, set[Connection]] = {}
        self._channels: dict[str, Channel] = {}
        self._joining: dict[Connection, list[MemberFrame]] = {}
        self._fills: set[asyncio.Task[None]] = set()

    @property
    def connection_count(self) -> int:
        return sum(len(connections) for connections in self._users.values())

    def begin(self, connection: Connection) -> None:
        """Before the memberships are read: from here on no change of them is missed."""
        self._users.setdefault(connection.user_id, set()).add(connection)
        self._joining[connection] = []

    def join(self, connection: Connection, heads: dict[str, int]) -> dict[str, int]:
        """`heads` are the groups' last `seq` as just read. Gives the ones to tell the client:
        exactly what comes after them will be pushed."""
        told = {group: self._enter(connection, group, head) for group, head in heads.items()}
        for change in self._joining.pop(connection):
            self._apply(connection, change)
        return told

    def leave(self, connection: Connection) -> None:
        self._joining.pop(connection, None)
        connections = self._users.get(connection.user_id, set())
        connections.discard(connection)
        if not connections:
            self._users.pop(connection.user_id, None)
        for group_id in tuple(connection.heads):
            self._exit(connection, group_id)

    def close_all(self, code: CloseCode) -> None:
        for connections in self._users.values():
            for connection in connections:
                connection.close(code)

    async def drain(self, code: CloseCode, timeout_s: float = 2.0) -> None:
        """Closes every socket and waits until they have heard of it."""
        self.close_all(code)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._users:
                    await asyncio.sleep(POLL_SECONDS)

    def receive(self, frame: Frame) -> int:
        """The bus's receiver; gives the number of connections the frame was queued for."""
        if isinstance(frame, GroupFrame):
            channel = self._channels.get(frame.group_id)
            return channel.deliver(frame) if channel else 0
        if isinstance(frame, MemberFrame):
            return self._member_changed(frame)
        return self._push_to_user(frame)

    def _push_to_user(self, frame: UserFrame) -> int:
        return sum(c.push(frame.text) for c in self._users.get(frame.user_id, ()))

    def _member_changed(self, frame: MemberFrame) -> int:
        """Everybody in the group hears of it, and the user concerned last of all, who is in the
        group before hearing of having joined, and out of it after hearing of having left."""
        own = self._users.get(frame.user_id, set())
        for connection in own:
            if connection in self._joining:
                self._joining[connection].append(frame)
            elif frame.joined:
                self._apply(connection, frame)
        channel = self._channels.get(frame.group_id)
        members = set(channel.connections) if channel else set()
        count = sum(connection.push(frame.text) for connection in members)
        if not frame.joined:
            for connection in own - self._joining.keys():
                self._apply(connection, frame)
        return count

    def _apply(self, connection: Connection, change: MemberFrame) -> None:
        if change.joined:
            self._enter(connection, change.group_id, change.last_seq)
        else:
            self._exit(connection, change.group_id)

    def _enter(self, connection: Connection, group_id: str, head: int) -> int:
        channel = self._channels.get(group_id)
        if channel is None:
            channel = self._channels[group_id] = Channel(group_id, head, self._fill_hole)
        if connection not in channel.connections:
            channel.connections.add(connection)
            connection.heads[group_id] = max(head, channel.last_seq)
        return connection.heads[group_id]

    def _exit(self, connection: Connection, group_id: str) -> None:
        connection.heads.pop(group_id, None)
        channel = self._channels.get(group_id)
        if channel is not None:
            channel.connections.discard(connection)
            if not channel.connections:
                del self._channels[group_id]

    def _fill_hole(self, group_id: str, after: int, before: int) -> None:
        task = asyncio.create_task(self._fetch(group_id, after, before))
        self._fills.add(task)
        task.add_done_callback(self._fills.discard)

    async def _fetch(self, group_id: str, after: int, before: int) -> None:
        """Until it succeeds, or nobody of the group is here any more: a hole is never skipped."""
        while group_id in self._channels:
            try:
                messages = await self._read_between(group_id, after, before)
            except AppError:
                log.warning("gap_fill_failed", group_id=group_id, after=after, before=before)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            channel = self._channels.get(group_id)
            if channel is not None:
                channel.filled(group_frame(message) for message in messages)
            return
