"""A user on a WebSocket."""

import asyncio
import json

from bench.clients.tally import Tally
from bench.clients.user import ID_DIGITS, Place, User, clock
from bench.clients.wire import FrameReader, Opcode, ProtocolError, client_frame, client_header

HANDSHAKE = (
    "GET /ws/{user_id} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "Sec-WebSocket-Version: 13\r\n{extensions}\r\n"
)
MESSAGE = b'{"type":"message_sent"'
ID_KEY = b'"client_msg_id":"'


class SocketUser(User):
    extensions = ""
    """Header lines for the handshake, each with its end."""

    def __init__(self, place: Place, tally: Tally) -> None:
        super().__init__(place, tally)
        self._reader = FrameReader()
        self._handshake: bytearray | None = bytearray()
        head = f'{{"type":"send_message","group_id":"{place.group_id}","content":"'.encode()
        middle = b'","client_msg_id":"'
        self._end = b'"}'
        length = len(head + place.content + middle) + ID_DIGITS + len(self._end)
        self._begin = client_header(Opcode.TEXT, length) + head + place.content + middle

    def frame(self, client_msg_id: bytes) -> bytes:
        return self._begin + client_msg_id + self._end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        place = self.place
        handshake = HANDSHAKE.format(
            user_id=place.user_id, host=place.host, port=place.port, extensions=self.extensions
        )
        self.write(handshake.encode())

    def data_received(self, data: bytes) -> None:
        if self._handshake is not None:
            data = self._shake_hands(data)
        try:
            self.take(data)
        except ProtocolError as error:
            self.fail(str(error))

    def take(self, data: bytes) -> None:
        """What comes after the handshake, as the network has cut it. Raises ProtocolError."""
        now = clock()
        own = 0
        for opcode, payload in self._reader.feed(data):
            if opcode == Opcode.TEXT and payload.startswith(MESSAGE):
                own += self.take_message(payload, now)
            else:
                self.take_other(opcode, payload)
        self.answered(own)

    def take_message(self, payload: bytes, now: float) -> bool:
        """True for the acknowledgement of one of one's own."""
        return self.acknowledged(id_in(payload), now) is not None

    def take_other(self, opcode: int, payload: bytes) -> None:
        if opcode == Opcode.PING:
            self.write(client_frame(Opcode.PONG, payload))
        elif opcode == Opcode.CLOSE:
            code = int.from_bytes(payload[:2])
            self.fail(f"the server closed a WebSocket with {code} {payload[2:].decode()}".rstrip())
        elif opcode == Opcode.TEXT:
            self.take_frame(payload)

    def take_frame(self, payload: bytes) -> None:
        """Any text but a message."""
        frame = json.loads(payload)
        if frame["type"] == "connected" and not self.ready.done():
            self.ready.set_result(None)
        elif frame["type"] == "error":
            client_msg_id = str(frame.get("client_msg_id", "")).encode()
            self.refused(client_msg_id, str(frame["code"]))

    def _shake_hands(self, data: bytes) -> bytes:
        """What comes after the answer to the handshake."""
        assert self._handshake is not None  # noqa: S101 - asked by the only caller
        self._handshake += data
        head, end, rest = bytes(self._handshake).partition(b"\r\n\r\n")
        if not end:
            return b""
        self._handshake = None
        status = head.partition(b"\r\n")[0].decode("latin-1")
        if " 101 " not in status:
            self.fail(f"the server refused a WebSocket: {status}")
            return b""
        self.opened()
        return rest

    def opened(self) -> None:
        """The handshake is done."""


def id_in(payload: bytes) -> bytes:
    """The client_msg_id of a message of one's own."""
    begin = payload.rfind(ID_KEY) + len(ID_KEY)
    return payload[begin : begin + ID_DIGITS]
