"""A client that comes back after having been away, and asks for what it missed."""

import asyncio
import json

import msgspec

from bench.clients.socket_user import SocketUser
from bench.clients.tally import Tally
from bench.clients.transcript import seq_of
from bench.clients.user import Place, clock
from bench.clients.view import View
from bench.clients.wire import Opcode, client_frame

CONNECTED = b'{"type":"connected"'
RESULT = b'{"type":"sync_result"'


class Head(msgspec.Struct):
    last_seq: int


class Connected(msgspec.Struct):
    epoch: str
    groups: dict[str, Head]


class Message(msgspec.Struct):
    seq: int


class Recovered(msgspec.Struct):
    recovered: bool
    last_seq: int
    messages: list[Message] = []


class SyncResult(msgspec.Struct):
    groups: dict[str, Recovered]


_connected = msgspec.json.Decoder(Connected)
_result = msgspec.json.Decoder(SyncResult)


class Returner(SocketUser):
    """The first time it only learns where the group is; with a `view` it asks for the rest."""

    def __init__(self, place: Place, tally: Tally, view: View | None, epoch: str = "") -> None:
        super().__init__(place, tally)
        self.view = view
        self.epoch = epoch
        self.head = 0
        self.recovered_at: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def take_message(self, payload: bytes, now: float) -> bool:  # noqa: ARG002 - as its base has it
        if self.view is not None:
            self.view.live(seq_of(payload))
        return False

    def take_frame(self, payload: bytes) -> None:
        if payload.startswith(RESULT):
            self._take_result(_result.decode(payload))
        elif payload.startswith(CONNECTED):
            self._arrive(_connected.decode(payload))
        else:
            super().take_frame(payload)

    def refused(self, client_msg_id: bytes, reason: str) -> None:  # noqa: ARG002 - as its base has it
        self.fail(f"the server answered with {reason}")

    def fail(self, reason: str) -> None:
        super().fail(reason)
        if not self.recovered_at.done():
            self.recovered_at.set_exception(ConnectionError(reason))
            self.recovered_at.exception()  # who waits is told; nobody has to

    def _arrive(self, connected: Connected) -> None:
        self.epoch = self.epoch or connected.epoch
        self.head = connected.groups[self.place.group_id].last_seq
        if self.view is not None:
            groups = {self.place.group_id: self.view.position}
            frame = {"type": "sync", "epoch": self.epoch, "groups": groups}
            self.write(client_frame(Opcode.TEXT, json.dumps(frame).encode()))
        self.ready.set_result(None)

    def _take_result(self, result: SyncResult) -> None:
        found = result.groups.get(self.place.group_id)
        if self.view is None or self.view.recovered or self.recovered_at.done():
            self.fail("the server sent a sync_result that nobody asked for")
        elif found is None or not found.recovered:
            self.view.refused()
            self.fail("the server did not recover the group")
        else:
            self.view.result([message.seq for message in found.messages], found.last_seq)
            self.recovered_at.set_result(clock())
