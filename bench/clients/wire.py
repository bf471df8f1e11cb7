"""WebSocket frames (RFC 6455) as far as a load generator needs them: whole messages only."""

from collections.abc import Iterator
from enum import IntEnum

FIN = 0x80
MASKED = 0x80
LONG, LONGEST = 126, 127
"""Values of the 7-bit length that announce a length of two or eight bytes."""
ZERO_MASK = bytes(4)
"""Clients must mask; a mask of zeros does so without changing, and so copying, a byte."""
LENGTH_BYTES = {LONG: 2, LONGEST: 8}


class Opcode(IntEnum):
    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class ProtocolError(Exception):
    """The server sent what this client does not take."""


def client_header(opcode: Opcode, length: int) -> bytes:
    """What goes before a payload of this length, which then follows as it is."""
    first = bytes([FIN | opcode])
    if length < LONG:
        return first + bytes([MASKED | length]) + ZERO_MASK
    short = length < 1 << 16
    kind = LONG if short else LONGEST
    return first + bytes([MASKED | kind]) + length.to_bytes(LENGTH_BYTES[kind]) + ZERO_MASK


def client_frame(opcode: Opcode, payload: bytes = b"") -> bytes:
    return client_header(opcode, len(payload)) + payload


class FrameReader:
    """Cuts the server's bytes into frames, however the network has cut them before."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Each complete frame's opcode and payload. Raises ProtocolError for a masked frame or a
        part of a message."""
        if self._rest:
            data = self._rest + data
        start, total = 0, len(data)
        while (bounds := payload_bounds(data, start, total)) is not None:
            begin, end = bounds
            yield data[start] & 0x0F, data[begin:end]
            start = end
        self._rest = data[start:]


def payload_bounds(data: bytes, start: int, total: int) -> tuple[int, int] | None:
    """None where the frame at `start` is not here yet as a whole."""
    begin = start + 2
    if begin > total:
        return None
    length = data[start + 1]
    if length & MASKED or not data[start] & FIN or not data[start] & 0x0F:
        raise ProtocolError("the server sent a masked frame or a part of a message")
    if length >= LONG:
        extra = LENGTH_BYTES[length]
        if begin + extra > total:
            return None
        length = int.from_bytes(data[begin : begin + extra])
        begin += extra
    end = begin + length
    return (begin, end) if end <= total else None
