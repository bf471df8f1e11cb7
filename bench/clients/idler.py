"""Clients that are there and do nothing."""

from bench.clients.socket_user import SocketUser, id_in
from bench.clients.tally import Tally
from bench.clients.user import Place


class Idler(SocketUser):
    """Counts the messages it hears. Offers compression, as every browser does."""

    extensions = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"

    def __init__(self, place: Place, tally: Tally) -> None:
        super().__init__(place, tally)
        self.heard = 0
        self._own = b'"from_user_id":"%b"' % place.user_id.encode()

    def take_message(self, payload: bytes, now: float) -> bool:
        self.heard += 1
        return self._own in payload and self.acknowledged(id_in(payload), now) is not None


class SilentIdler(Idler):
    """Of a server that greets nobody."""

    def opened(self) -> None:
        self.ready.set_result(None)
