import asyncio
from collections.abc import Iterable

from im_client.buffer import EventBuffer
from im_client.events import Connected, Ephemeral, Event, MemberRemoved, MessageSent, Sequenced
from im_client.outbox import Outbox
from im_client.sequence import Sequence


class Inbox:
    """What came in, on its way to the program: each message once, in the order of `seq`.

    A program that does not read lets the buffer fill up. Then messages stay at the server, to be
    fetched later, and pieces of replies are dropped; the socket is read on all the same, so that
    sends are still acknowledged.
    """

    def __init__(
        self, user_id: str, sequence: Sequence, buffer: EventBuffer, outbox: Outbox
    ) -> None:
        self.user_id = user_id
        self.sequence = sequence
        self._buffer = buffer
        self._outbox = outbox
        self._stirred = asyncio.Event()

    def greet(self, connected: Connected) -> None:
        changed = self.sequence.welcome(connected)
        if changed is not None:
            self._buffer.put(changed)
        self._buffer.put(connected)
        self._stirred.set()

    def take(self, event: Event) -> None:
        """An event off the socket."""
        if isinstance(event, Sequenced):
            self._take_live(event)
        elif not (isinstance(event, Ephemeral) and self._buffer.full):
            if isinstance(event, MemberRemoved) and event.user_id == self.user_id:
                self.sequence.forget(event.group_id)
            self._buffer.put(event)

    async def until_behind(self) -> None:
        """Returns when there is something to release or to recover."""
        while not self.sequence.behind():
            self._stirred.clear()
            await self._stirred.wait()

    async def release(self) -> None:
        """Lets through what waits for nothing but room."""
        for group_id in self.sequence.behind():
            await self._buffer.room()
            while (event := self.sequence.release(group_id)) is not None:
                self._buffer.put(event)
                await self._buffer.room()

    async def apply(self, events: Iterable[Sequenced]) -> None:
        """Recovered messages, in order. Raises IMProtocolError where they leave a gap."""
        for event in events:
            self._acknowledge(event)
            await self._buffer.room()
            if self.sequence.apply(event):
                self._buffer.put(event)

    def settle(self, group_id: str, head: int) -> None:
        lost = self.sequence.settle(group_id, head)
        if lost is not None:
            self._buffer.put(lost)

    def _take_live(self, event: Sequenced) -> None:
        self._acknowledge(event)
        if isinstance(event, MessageSent) and event.duplicate:
            return  # an answer to a repeated send; the message itself comes or came without it
        if self.sequence.offer(event, room=not self._buffer.full):
            self._buffer.put(event)
        else:
            self._stirred.set()

    def _acknowledge(self, event: Sequenced) -> None:
        if isinstance(event, MessageSent):
            self._outbox.acknowledge(event)
