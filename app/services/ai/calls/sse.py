"""Server-sent events, from bytes as they come (WHATWG HTML, 9.2.6).

A parser of its own, since those of HTTP clients read the response themselves, so that no clock can
tell the first byte from the next, and keep as much of a line as the other side cares to send.
"""

import re
from collections.abc import Iterator

from app.services.ai.calls.faults import TooLong

BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")


class EventParser:
    """Gives the data of each event; names, ids and retry times mean nothing here. An event that
    the stream's end cuts off is never given, as the standard has it."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._line = bytearray()
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._at_start = True

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The chunk is never empty. Raises TooLong for a line or an event over the bound, and
        never keeps more than that."""
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")
        self._after_cr = chunk.endswith(b"\r")
        *ended, rest = _LINE_END.split(chunk)
        for end in ended:
            self._grow(end)
            event = self._end_line()
            if event is not None:
                yield event
        self._grow(rest)

    def _grow(self, part: bytes) -> None:
        if len(self._line) + len(part) + self._size > self._max_bytes:
            raise TooLong
        self._line += part

    def _end_line(self) -> str | None:
        line = bytes(self._line)
        self._line.clear()
        if self._at_start:
            line = line.removeprefix(BOM)
            self._at_start = False
        if not line:
            return self._end_event()
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._size += len(line)
        return None

    def _end_event(self) -> str | None:
        if not self._data:
            return None
        data = b"\n".join(self._data)
        self._data.clear()
        self._size = 0
        return data.decode("utf-8", "replace")
