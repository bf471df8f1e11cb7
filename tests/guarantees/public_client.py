"""`im_client.IMClient` in place of the strict client: all that it promises is judged by what its
events are, since nobody sees its wire."""

import asyncio
from typing import Any

from im_client import (
    Connected,
    IMClient,
    IMClientError,
    IMConnectionError,
    IMError,
    MessageSent,
    Reconnecting,
)
from tests.guarantees.history import History, Reconnected, Result, Via, user_of
from tests.guarantees.sending import UNKNOWN, Answer, Outgoing, recorded
from tests.guarantees.view import GroupsView

RETRY_SECONDS = 0.05


class PublicDevice:
    """`name` is `user/number`. The people of its groups must stay the same: who joins a group while
    connected hears of it from then on only, by this client's own promise."""

    def __init__(self, name: str, port: int, history: History) -> None:
        self.name = name
        self.user = user_of(name)
        self.view = GroupsView(name, history)
        self.online = asyncio.Event()
        self.online.set()
        self._history = history
        self._started = asyncio.Event()
        self._connected = False
        self._client = IMClient(
            f"http://127.0.0.1:{port}",
            self.user,
            start="beginning",
            ack_timeout=30.0,
            backoff_base=0.05,
            backoff_cap=0.5,
            ping_interval=1.0,
            ping_timeout=3.0,
        )

    @property
    def caught_up(self) -> bool:
        return self._connected

    async def run(self) -> None:
        """Only the first connection is this program's business."""
        while True:
            try:
                await self._client.connect()
                break
            except IMConnectionError:
                await asyncio.sleep(RETRY_SECONDS)
        async for event in self._client.events():
            self._take(event)

    async def close(self) -> None:
        await self._client.close()

    def drop(self) -> None:
        raise NotImplementedError("IMClient cannot be made to lose its connection: let the proxy")

    async def by_socket(self, message: Outgoing) -> Answer:
        """One call, which may be several tries, and may begin while there is no connection."""
        await self._started.wait()
        call = self._client.send(message.group_id, message.content, message.client_msg_id)
        return await recorded(self._history, self.name, message, _answer(call))

    async def by_http(self, message: Outgoing) -> Answer:
        call = self._client.send_http(message.group_id, message.content, message.client_msg_id)
        return await recorded(self._history, "http", message, _answer(call))

    async def drained(self) -> None:
        """Nothing tells when the events in between have been taken."""

    def _take(self, event: Any) -> None:
        if isinstance(event, Connected):
            if self._started.is_set():
                self._history.write(Reconnected(at=self._history.now(), device=self.name))
            self._started.set()
            self._connected = True
            self.view.members = {group_id: set() for group_id in event.groups}
        elif isinstance(event, Reconnecting):
            self._connected = False
        elif isinstance(event, MessageSent):
            self._message(event)

    def _message(self, event: MessageSent) -> None:
        frame = {
            "group_id": event.group_id,
            "seq": event.seq,
            "message_id": event.message_id,
            "from_user_id": event.from_user_id,
            "content": event.content,
        }
        self.view.see(frame, Via.LIVE, None)
        if event.seq <= self.view.last[event.group_id] or not self.view.apply(frame):
            self.view.miss(frame)


async def _answer(call: Any) -> Answer:
    try:
        message = await call
    except IMError as error:
        return Answer(Result.REFUSED, error.number, error.retryable)
    except IMClientError:
        return UNKNOWN
    return Answer(Result.OK, message_id=message.message_id, seq=message.seq)
