"""The hub: which connections belong to which user and group, kept true by member events."""

import asyncio
import contextlib
from collections.abc import Awaitable, Iterable

from msgspec import structs

from app.bus.base import Bus
from app.bus.frames import (
    ConnectionFrame,
    Frame,
    GroupFrame,
    MemberFrame,
    StreamCall,
    UserFrame,
)
from app.repositories.batch import GroupStates
from app.services.core.records import Membership
from app.utils.slices import slices
from app.websocket.burst import Burst
from app.websocket.channel import Channel
from app.websocket.close_codes import CloseCode
from app.websocket.connection import Connection
from app.websocket.frames import MemberAddedFrame, encode
from app.websocket.member_news import MemberNews
from app.websocket.reading import HubReader
from app.websocket.repair import Repairs

SWARM_S = 0.05
"""Reasons to compare with the database come in swarms."""
AT_ONCE = 500
"""Groups, or users, that are asked for in one statement."""


class Hub:
    """Lives on the event loop and is touched from nowhere else."""

    def __init__(self, reader: HubReader, bus: Bus) -> None:
        self._bus = bus
        self._users: dict[str, set[Connection]] = {}
        self._channels: dict[str, Channel] = {}
        self._joining: dict[Connection, bool] = {}
        """Those whose memberships are being read; True where they have changed meanwhile."""
        self._passed: dict[str, int] = {}
        """The highest `seq`s that passed while somebody was joining: they may be later than what
        was read, and come no more, so they are told as well."""
        self._opening: dict[str, list[Frame]] = {}
        """What has come of groups that are new here, and are not yet heard from other processes."""
        self._draining: CloseCode | None = None
        self._empty = asyncio.Event()
        self._empty.set()
        self._repairs = Repairs(reader, self._is_live, patient=bus.may_lose)
        self._to_flush: list[Channel] = []
        self._doubts = 0
        """Reasons to compare with the database since that was last done."""

    @property
    def connection_count(self) -> int:
        return sum(len(connections) for connections in self._users.values())

    def begin(self, connection: Connection) -> None:
        """Before the memberships are read: from here on no change of them is missed."""
        self._users.setdefault(connection.user_id, set()).add(connection)
        self._joining[connection] = False
        self._empty.clear()
        if self._draining is not None:
            connection.close(self._draining)

    def join(self, connection: Connection, heads: GroupStates) -> dict[str, int] | None:
        """`heads` are the groups' states as just read. Gives the last `seq`s to tell the client:
        exactly what comes after them will be pushed. None where the memberships have changed
        since: read them again."""
        if self._joining[connection]:
            self._joining[connection] = False
            return None
        told = {
            group: max(last_seq, self._passed.get(group, 0))
            for group, (last_seq, _) in heads.items()
        }
        self._joined(connection)
        for group_id, head in told.items():
            self._enter(connection, group_id, head, heads[group_id][1])
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
        if isinstance(frame, StreamCall):
            return 0
        if isinstance(frame, UserFrame):
            return self._push_to_user(frame)
        if isinstance(frame, ConnectionFrame):
            return self._push_to_one(frame)
        if frame.group_id in self._opening:
            self._opening[frame.group_id].append(frame)
            return 0
        if isinstance(frame, GroupFrame):
            return self._deliver(frame)
        return self._member_changed(frame)

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
        own = self._users.get(frame.user_id, set())
        for connection in own & self._joining.keys():
            self._joining[connection] = True
        channel = self._channels.get(frame.group_id)
        if channel is not None:
            told = sum(self._tell_change(one) for one in channel.news.take(frame))
            channel.go_on()
            return told
        if frame.joined and own - self._joining.keys():
            return self._open(frame)
        return 0

    def _tell_change(self, frame: MemberFrame) -> int:
        """Everybody in the group hears of it. The user concerned is in the group before hearing
        of having joined, and out of it after hearing of having left."""
        channel = self._channels.get(frame.group_id)
        own = self._users.get(frame.user_id, set()) - self._joining.keys()
        own = {one for one in own if channel is None or not channel.knows(one, frame)}
        if frame.joined:
            for connection in own:
                self._enter(connection, frame.group_id, frame.last_seq, frame.member_changes)
        channel = self._channels.get(frame.group_id)
        count = channel.tell_change(frame) if channel else 0
        if not frame.joined:
            for connection in own:
                self._exit(connection, frame.group_id)
        return count

    def _open(self, frame: MemberFrame) -> int:
        """A group that nobody here was in. Where others tell of it as well, it is first asked for,
        then read, and what comes of it meanwhile waits."""
        pending = self._bus.watch(groups=[frame.group_id])
        if not self._bus.may_lose:
            return self._tell_change(frame)
        self._opening[frame.group_id] = []
        self._repairs.spawn(self._open_later(frame, pending))
        return 0

    async def _open_later(self, frame: MemberFrame, pending: Awaitable[None] | None) -> None:
        if pending is not None:
            await pending
        memberships = (await self._repairs.memberships([frame.user_id]))[frame.user_id]
        waiting = self._opening.pop(frame.group_id)
        now = next((one for one in memberships if one.group.group_id == frame.group_id), None)
        if now is not None:
            self._tell_change(structs.replace(frame, member_changes=now.member_changes))
        for one in waiting:
            self.receive(one)
        channel = self._channels.get(frame.group_id)
        if channel is not None and now is not None:
            channel.heard_of(now.group.last_seq, now.member_changes)

    def resync_soon(self) -> None:
        """Frames may have been lost: messages, and who has joined or left."""
        self._doubts += 1
        if self._doubts == 1:
            self._repairs.spawn(self._resync_on())

    async def _resync_on(self) -> None:
        while self._doubts:
            await asyncio.sleep(SWARM_S)
            doubts = self._doubts
            await self._resync()
            self._doubts -= doubts

    async def _resync(self) -> None:
        for connection in self._joining:
            self._joining[connection] = True
        for group_ids in slices(self._channels, AT_ONCE):
            for group_id, state in (await self._repairs.states(group_ids)).items():
                if (channel := self._channels.get(group_id)) is not None:
                    channel.heard_of(*state)
        for user_ids in slices(self._users, AT_ONCE):
            for user_id, memberships in (await self._repairs.memberships(user_ids)).items():
                for membership in memberships:
                    self._is_member(user_id, membership)

    def _is_member(self, user_id: str, membership: Membership) -> None:
        group = membership.group
        own = self._users.get(user_id, set()) - self._joining.keys()
        if all(group.group_id in connection.heads for connection in own):
            return
        told = MemberAddedFrame(group.group_id, user_id, membership.user_role)
        self.receive(
            MemberFrame(
                group_id=group.group_id, user_id=user_id, joined=True, last_seq=group.last_seq,
                payload=encode(told), member_changes=membership.member_changes, again=True,
            )
        )  # fmt: skip

    def _enter(self, connection: Connection, group_id: str, head: int, member_changes: int) -> None:
        channel = self._channels.get(group_id)
        if channel is None:
            news = MemberNews(member_changes)
            channel = self._channels[group_id] = Channel(group_id, head, news, self)
        if connection not in channel.connections:
            channel.enter(connection, head, member_changes)

    def _exit(self, connection: Connection, group_id: str) -> None:
        channel = self._channels.get(group_id)
        if channel is not None:
            channel.flush()
        connection.heads.pop(group_id, None)
        connection.held.pop(group_id, None)
        if channel is not None:
            channel.leave(connection)
            if not channel.connections:
                del self._channels[group_id]

    def messages(self, channel: Channel) -> None:
        self._repairs.fill(channel)

    def members(self, channel: Channel) -> None:
        self._repairs.wait_for_members(channel)

    def flush_soon(self, channel: Channel) -> None:
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

    def hears_group(self, group_id: str) -> bool:
        return group_id in self._channels or group_id in self._opening

    def hears_user(self, user_id: str) -> bool:
        return user_id in self._users

    def _is_live(self, channel: Channel) -> bool:
        return self._channels.get(channel.group_id) is channel
