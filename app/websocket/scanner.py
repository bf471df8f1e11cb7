"""Cuts what a client sends into frames (RFC 6455, 5.2) and unmasks the ordinary ones."""

from collections.abc import Callable

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # in C, or without

FIN, OPCODE, TEXT, CONTROL = 0x80, 0x0F, 0x1, 0x8
WHOLE_TEXT = FIN | TEXT
MASKED, LENGTH = 0x80, 0x7F
LONG, LONGEST = 126, 127
"""Values of the 7-bit length that announce a length of two or eight bytes."""
LENGTH_BYTES = {LONG: 2, LONGEST: 8}
SHORTEST = 6
"""Two bytes and the mask."""


class Scanner:
    """`text` gets the payload of each message that came whole, `other` the bytes of every other
    frame, whole as well, so that somebody else can be strict about them. Once a frame breaks the
    rules, `other` gets all that follows. A text beyond `limit` bytes is told of as soon as its
    length is known, and passed over."""

    __slots__ = ("_fragmented", "_limit", "_other", "_rest", "_skip", "_text", "_too_long", "feed")

    def __init__(
        self,
        text: Callable[[bytes], None],
        other: Callable[[bytes], None],
        too_long: Callable[[], None],
        limit: int,
    ) -> None:
        self._text = text
        self._other = other
        self._too_long = too_long
        self._limit = limit
        self._rest = b""
        self._skip = 0
        self._fragmented = False
        self.feed: Callable[[bytes], None] = self._scan

    def _scan(self, data: bytes) -> None:
        if self._rest:
            data, self._rest = self._rest + data, b""
        if self._skip:
            data, self._skip = data[self._skip :], max(0, self._skip - len(data))
        start, total = 0, len(data)
        while total - start >= SHORTEST or (total - start > 1 and not data[start + 1] & MASKED):
            first, begin, length = _head(data, start)
            if begin < 0:
                break
            ordinary = first == WHOLE_TEXT and not self._fragmented
            if begin == start or (length > self._limit and not ordinary):
                self._hand_over(data[start:])
                return
            stop = begin + length
            if length > self._limit:
                self._too_long()
                self._skip = max(0, stop - total)
            elif stop > total:
                break
            elif ordinary:
                self._text(_unmasked(data, begin, stop))
            else:
                self._note(first)
                self._other(data[start:stop])
            start = stop
        self._rest = data[start:]

    def _note(self, first: int) -> None:
        """Between the first and the last fragment of a message no other message may come."""
        if first & OPCODE < CONTROL:
            self._fragmented = not first & FIN

    def _hand_over(self, data: bytes) -> None:
        self.feed = self._other
        self._other(data)


def _head(data: bytes, start: int) -> tuple[int, int, int]:
    """The first byte, where the payload begins, and its length. It "begins" at `start` where the
    frame is not masked, and at -1 where the length is not here yet."""
    first, second = data[start], data[start + 1]
    if not second & MASKED:
        return first, start, 0
    length, begin = second & LENGTH, start + SHORTEST
    if length >= LONG:
        extra = LENGTH_BYTES[length]
        if begin + extra > len(data):
            return first, -1, 0
        length = int.from_bytes(data[start + 2 : start + 2 + extra])
        begin += extra
    return first, begin, length


def _unmasked(data: bytes, begin: int, stop: int) -> bytes:
    return apply_mask(data[begin:stop], data[begin - 4 : begin])
