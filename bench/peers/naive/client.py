"""A user of the naive peer. Everybody gets the same bytes, the sender too."""

from bench.clients.member import Speaker
from bench.clients.order import Order
from bench.clients.tally import Tally
from bench.clients.user import Place, clock

ID_KEY = b'"id":'


class NaiveMember(Speaker):
    def __init__(self, place: Place, tally: Tally, room: Order, number: int) -> None:
        super().__init__(place, tally, room, number)
        self._order = room

    def take(self, data: bytes) -> None:
        super().take(data)
        self._room.advance(self._number, self._seen, clock())

    def take_message(self, payload: bytes, now: float) -> bool:
        begin = payload.find(ID_KEY) + len(ID_KEY)
        self._seen += 1
        if fault := self._order.fault(payload[begin : payload.find(b",", begin)], self._seen):
            self.fail(f"{self.place.user_id}: {fault}")
        return self.take_own(payload, now)
