"""A user of the naive peer. Everybody gets the same bytes, the sender too."""

from bench.clients.order import Order
from bench.clients.socket_user import SocketUser, id_in
from bench.clients.tally import Tally
from bench.clients.user import Place, clock

ID_KEY = b'"id":'


class NaiveMember(SocketUser):
    def __init__(self, place: Place, tally: Tally, room: Order, number: int) -> None:
        super().__init__(place, tally)
        self._room = room
        self._number = number
        self._seen = 0
        self._own = b'"from_user_id":"%b"' % place.user_id.encode()

    def take(self, data: bytes) -> None:
        super().take(data)
        self._room.advance(self._number, self._seen, clock())

    def take_message(self, payload: bytes, now: float) -> bool:
        begin = payload.find(ID_KEY) + len(ID_KEY)
        self._seen += 1
        if fault := self._room.fault(payload[begin : payload.find(b",", begin)], self._seen):
            self.fail(f"{self.place.user_id}: {fault}")
        if self._own not in payload:
            return False
        sent_at = self.acknowledged(id_in(payload), now)
        if sent_at is None:
            return False
        self._room.sent[self._seen] = sent_at
        return True
