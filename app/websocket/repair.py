"""What the bus has lost, or brings late, is fetched from the database."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any, TypeVar

import structlog

from app.repositories.batch import GroupStates
from app.services.core.records import Membership
from app.websocket.channel import Channel
from app.websocket.close_codes import CloseCode
from app.websocket.publisher import group_frame
from app.websocket.reading import HubReader

log = structlog.get_logger(__name__)

T = TypeVar("T")

RETRY_SECONDS = 0.5
GRACE_S = 0.02
"""What another process has committed before is mostly on its way."""
MEMBERS_GRACE_S = 1.0


class Repairs:
    """`is_live`: somebody of the channel's group is still here. `patient`: the bus may bring late
    what is missing, so it is waited for a moment."""

    def __init__(
        self, reader: HubReader, is_live: Callable[[Channel], bool], *, patient: bool
    ) -> None:
        self._reader = reader
        self._is_live = is_live
        self._patient = patient
        self._tasks: set[asyncio.Task[None]] = set()
        self._lacking: set[Channel] = set()
        """Those whose members have changed in ways that are not known here."""

    def fill(self, channel: Channel) -> None:
        self.spawn(self._fetch(channel))

    def wait_for_members(self, channel: Channel) -> None:
        """How they have changed cannot be read any more, only what they are: who is in the group
        here comes back, and asks for that."""
        if channel not in self._lacking:
            self._lacking.add(channel)
            grace_s = MEMBERS_GRACE_S if self._patient else 0
            asyncio.get_running_loop().call_later(grace_s, self._start_anew, channel)

    async def states(self, group_ids: Collection[str]) -> GroupStates:
        return await self._read(lambda: self._reader.states(group_ids))

    async def memberships(self, user_ids: Collection[str]) -> dict[str, list[Membership]]:
        return await self._read(lambda: self._reader.memberships(user_ids))

    async def _read(self, read: Callable[[], Awaitable[T]]) -> T:
        """Until it succeeds."""
        while True:
            try:
                return await read()
            except Exception:
                log.exception("hub_read_failed")
                await asyncio.sleep(RETRY_SECONDS)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _start_anew(self, channel: Channel) -> None:
        self._lacking.discard(channel)
        if not (channel.news.missing and self._is_live(channel)):
            return
        log.warning("members_missed", group_id=channel.group_id)
        for connection in tuple(channel.connections):
            connection.close(CloseCode.HEARTBEAT_LOST)

    async def _fetch(self, channel: Channel) -> None:
        """Until it succeeds, or nobody of the group is here any more: a hole is never skipped."""
        if self._patient:
            await asyncio.sleep(GRACE_S)
        while self._is_live(channel):
            hole = channel.hole
            if hole is None:
                channel.filled(())
                return
            try:
                found = await self._reader.between(channel.group_id, *hole)
            except Exception:
                log.exception("gap_fill_failed", group_id=channel.group_id, between=hole)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                channel.filled([group_frame(one, found.member_changes) for one in found.messages])
                return
