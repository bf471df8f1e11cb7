"""What a server writes, for clients that are fed by hand."""

import asyncio
import json
from typing import Any

SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n"


def server_frame(opcode: int, payload: bytes) -> bytes:
    """As a server writes it: unmasked."""
    length = len(payload)
    if length < 126:
        head = bytes([0x80 | opcode, length])
    elif length < 65536:
        head = bytes([0x80 | opcode, 126]) + length.to_bytes(2)
    else:
        head = bytes([0x80 | opcode, 127]) + length.to_bytes(8)
    return head + payload


def text(**frame: Any) -> bytes:
    return server_frame(1, json.dumps(frame, separators=(",", ":")).encode())


class Wire(asyncio.Transport):
    """Keeps what a user writes."""

    def __init__(self) -> None:
        super().__init__()
        self.written = list[bytes]()
        self.closed = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed = True
