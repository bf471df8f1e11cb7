"""A response's body, in one of its two kinds, as parts of a reply."""

from collections.abc import Iterator
from typing import Protocol

from app.services.ai.calls.faults import TooLong
from app.services.ai.calls.protocols.base import AIProtocol, Part
from app.services.ai.calls.sse import EventParser

ESCAPED = 6
ENVELOPE = 16384


class Reader(Protocol):
    def feed(self, chunk: bytes) -> Iterator[Part]: ...

    def end(self) -> Iterator[Part]: ...


class StreamReader:
    def __init__(self, protocol: AIProtocol, max_reply_bytes: int) -> None:
        self._protocol = protocol
        self._parser = EventParser(raw_bound(max_reply_bytes))

    def feed(self, chunk: bytes) -> Iterator[Part]:
        for data in self._parser.feed(chunk):
            if data.strip():  # some send empty ones to keep the connection
                yield self._protocol.event(data)

    def end(self) -> Iterator[Part]:
        yield from ()


class PlainReader:
    def __init__(self, protocol: AIProtocol, max_reply_bytes: int) -> None:
        self._protocol = protocol
        self._max_bytes = raw_bound(max_reply_bytes)
        self._body = bytearray()

    def feed(self, chunk: bytes) -> Iterator[Part]:
        if len(self._body) + len(chunk) > self._max_bytes:
            raise TooLong
        self._body += chunk
        yield from ()

    def end(self) -> Iterator[Part]:
        yield self._protocol.plain(bytes(self._body))


def reader_for(content_type: str, protocol: AIProtocol, max_reply_bytes: int) -> Reader:
    """By what came, whatever was asked for."""
    media_type = content_type.partition(";")[0].strip().lower()
    kind = StreamReader if media_type == "text/event-stream" else PlainReader
    return kind(protocol, max_reply_bytes)


def raw_bound(max_reply_bytes: int) -> int:
    """JSON may write each byte of a reply as `\\u0041`, and puts other things around it."""
    return max_reply_bytes * ESCAPED + ENVELOPE
