"""How a connection gets what it has missed: by `sync`, or, where that is too much, page by page."""

import asyncio
from typing import Protocol

import msgspec

from im_client.connection import Connection
from im_client.errors import IMConnectionError, IMError, IMProtocolError
from im_client.events import ErrorFrame
from im_client.frames import Sync
from im_client.inbox import Inbox
from im_client.models import Message
from im_client.wire import GroupResult, SyncResult, from_history

_ANSWER_S = 30.0
_PAGE = 100
_MESSAGES_AT_ONCE = 5_000
_MESSAGES_OF_A_GROUP = 500
"""The server sends no more of one group in a `sync_result`."""
_FRAME_RESERVE = 256
_GROUP_NOT_FOUND = 3001
_NEVER_ABOUT_SYNC = frozenset({3002, 5001, 5002})
"""Of replies that have ended, and of tokens."""


class History(Protocol):
    async def __call__(self, group_id: str, limit: int, *, after_seq: int) -> list[Message]: ...


class Recovery:
    """For one connection. Whatever it cannot mend ends it with an error."""

    def __init__(self, connection: Connection, inbox: Inbox, history: History) -> None:
        self._connection = connection
        self._inbox = inbox
        self._history = history
        self._asked: dict[str, int] = {}
        self._answer: asyncio.Future[SyncResult] | None = None

    async def run(self) -> None:
        while True:
            await self._inbox.until_behind()
            await self._inbox.release()
            if behind := self._inbox.sequence.behind():
                await self._sync(self._at_once(behind))

    def resolve(self, result: SyncResult) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(result)

    def refuse(self, error: ErrorFrame) -> bool:
        """Whether the error is an answer to the `sync` under way."""
        if self._answer is None or error.client_msg_id or error.number in _NEVER_ABOUT_SYNC:
            return False
        if error.number == _GROUP_NOT_FOUND and error.group_id in self._asked:
            self._inbox.sequence.forget(error.group_id)
        elif not self._answer.done():
            refusal = IMError(error.code, error.number, error.message, retryable=error.retryable)
            self._answer.set_exception(refusal)
        return True

    def _at_once(self, behind: dict[str, int]) -> dict[str, int]:
        """As many groups as fit into one frame, and not too many messages for one result."""
        chosen: dict[str, int] = {}
        room, messages = self._connection.connected.max_frame_bytes - _FRAME_RESERVE, 0
        for group_id, last in behind.items():
            room -= len(msgspec.json.encode({group_id: last}))
            missing = self._inbox.sequence.newest(group_id) - last
            messages += min(max(missing, 0), _MESSAGES_OF_A_GROUP)
            if chosen and (room < 0 or messages > _MESSAGES_AT_ONCE):
                break
            chosen[group_id] = last
        return chosen

    async def _sync(self, asked: dict[str, int]) -> None:
        announced = {group_id: self._inbox.sequence.newest(group_id) for group_id in asked}
        found = await self._result(asked)
        for group_id, newest in announced.items():
            if group_id in found:
                await self._recover(group_id, found[group_id], newest)
            elif self._inbox.sequence.last(group_id) is not None:
                raise IMProtocolError(f"sync_result leaves out {group_id}")

    async def _result(self, asked: dict[str, int]) -> dict[str, GroupResult]:
        epoch = self._connection.connected.epoch
        self._asked, self._answer = asked, asyncio.get_running_loop().create_future()
        try:
            await self._connection.send(Sync(epoch=epoch, groups=asked).encoded())
            async with asyncio.timeout(_ANSWER_S):
                result = await self._answer
        except TimeoutError as exc:
            raise self._lost(f"no answer to a sync within {_ANSWER_S:g} s") from exc
        finally:
            self._answer = None
        if result.epoch != epoch:
            raise self._lost("the server has another database now")
        return result.groups

    async def _recover(self, group_id: str, found: GroupResult, announced: int) -> None:
        sequence = self._inbox.sequence
        if found.recovered:
            await self._inbox.apply(found.messages)
        else:
            await self._page(group_id, found.last_seq)
        last = sequence.last(group_id)
        if last is not None and last < found.last_seq:
            raise IMProtocolError(f"{group_id}: recovered up to {last} of {found.last_seq}")
        if last is not None and last <= found.last_seq < announced:
            raise self._lost(f"{group_id} ends at {found.last_seq}, {announced} was announced")
        self._inbox.settle(group_id, found.last_seq)

    async def _page(self, group_id: str, head: int) -> None:
        sequence = self._inbox.sequence
        while (last := sequence.last(group_id)) is not None and last < head:
            page = await self._after(group_id, last)
            await self._inbox.apply(from_history(message, self._inbox.user_id) for message in page)
            if sequence.last(group_id) == last:
                raise self._lost(f"the history of {group_id} ends at {last}, the group at {head}")

    async def _after(self, group_id: str, last: int) -> list[Message]:
        """Nothing, and the group forgotten, when the caller has been removed from it meanwhile."""
        try:
            return await self._history(group_id, _PAGE, after_seq=last)
        except IMError as exc:
            if exc.number != _GROUP_NOT_FOUND:
                raise
            self._inbox.sequence.forget(group_id)
            return []

    def _lost(self, reason: str) -> IMConnectionError:
        """Another connection may do better."""
        return IMConnectionError(self._connection.url, reason)
