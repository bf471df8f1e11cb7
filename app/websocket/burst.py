"""Frames that leave together: encoded once, and joined once, for all who receive them."""

from collections.abc import Sequence

FIN_TEXT = 0x81
LONG, LONGEST = 126, 127
"""Values of the 7-bit length that announce a length of two or eight bytes."""
SHORT_LIMIT, LONG_LIMIT = 126, 1 << 16


class Burst:
    """`payloads` are JSON texts in UTF-8, one a frame."""

    __slots__ = ("_raw", "payloads")

    def __init__(self, *payloads: bytes) -> None:
        self.payloads = payloads
        self._raw: bytes | None = None

    @property
    def raw(self) -> bytes:
        """As they are on the wire: the same bytes for everybody, since a server's frames are not
        masked and nothing is compressed (RFC 6455, 5.2)."""
        if self._raw is None:
            self._raw = joined(self.payloads)
        return self._raw


def joined(payloads: Sequence[bytes]) -> bytes:
    parts: list[bytes] = []
    for payload in payloads:
        parts += (header(len(payload)), payload)
    return b"".join(parts)


def header(length: int) -> bytes:
    """Of an unmasked text frame in one piece."""
    if length < SHORT_LIMIT:
        return bytes((FIN_TEXT, length))
    if length < LONG_LIMIT:
        return bytes((FIN_TEXT, LONG, length >> 8, length & 0xFF))
    return bytes((FIN_TEXT, LONGEST)) + length.to_bytes(8)
