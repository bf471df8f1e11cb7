"""Members of a group on WebSockets, who check that they see every message once and in order."""

from bench.clients.room import Room
from bench.clients.socket_user import MESSAGE, SocketUser, id_in
from bench.clients.tally import Tally
from bench.clients.transcript import Disorder, Transcript, check_seq, seq_of
from bench.clients.user import Place, clock
from bench.clients.wire import payload_bounds


class Speaker(SocketUser):
    """Of the peer too; `room` takes note of when its messages were sent."""

    def __init__(self, place: Place, tally: Tally, room: Room, number: int) -> None:
        super().__init__(place, tally)
        self._room = room
        self._number = number
        self._seen = 0
        self._own = b'"from_user_id":"%b"' % place.user_id.encode()

    def take_own(self, payload: bytes, now: float) -> bool:
        """True for one's own message, the one seen last, when it is acknowledged by that."""
        if self._own not in payload:
            return False
        sent_at = self.acknowledged(id_in(payload), now)
        if sent_at is None:
            return False
        self._room.sent[self._seen] = sent_at
        return True


class Sender(Speaker):
    """Sees its own messages with their `client_msg_id`, so its bytes are its own."""

    def take(self, data: bytes) -> None:
        try:
            super().take(data)
        except Disorder as error:
            self.fail(f"{self.place.user_id}: {error}")
        self._room.advance(self._number, self._seen, clock())

    def take_message(self, payload: bytes, now: float) -> bool:
        seq = seq_of(payload)
        check_seq(seq, self._seen + 1)
        self._seen = seq
        return self.take_own(payload, now)


class Listener(SocketUser):
    """Sends nothing, and compares what it receives with what others have received before it."""

    def __init__(self, place: Place, tally: Tally, room: Transcript, number: int) -> None:
        super().__init__(place, tally)
        self._room = room
        self._number = number
        self._position = 0
        """In the transcript; not always between two frames."""
        self._rest = b""
        """Of a frame that nobody has received as a whole yet; the position is at its begin."""

    def take(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
            self._rest = b""
        end = self._position + len(data)
        if end <= self._room.length and self._room.repeats(data, self._position):
            self._position = end
        else:
            self._read(data)
        self._room.advance(self._number, self._room.count_at(self._position), clock())

    def _read(self, data: bytes) -> None:
        """Frame by frame. Raises ProtocolError."""
        begun = self._room.since_frame(self._position)
        data, start = begun + data, 0
        self._position -= len(begun)
        while (bounds := payload_bounds(data, start, len(data))) is not None:
            begin, end = bounds
            if data.startswith(MESSAGE, begin):
                self._compare(data[start:end])
            else:
                self.take_other(data[start] & 0x0F, data[begin:end])
            start = end
        self._rest = data[start:]

    def _compare(self, frame: bytes) -> None:
        try:
            self._position = self._room.take(frame, self._position)
        except Disorder as error:
            self.fail(f"{self.place.user_id}: {error}")
