import json
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from app.services.ai.calls.faults import Garbage
from app.services.ai.records import Question

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """Each protocol takes what it has a place for."""

    stream: bool
    model: str
    system_prompt: str | None
    temperature: float | None
    max_tokens: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """What one event, or a plain answer, says. `reply` is the whole text and wins over all deltas;
    with a `finish_reason` the reply is whole; after the `last` part nothing is read."""

    delta: str = ""
    reply: str | None = None
    finish_reason: str | None = None
    last: bool = False


class AIProtocol(Protocol):
    def __init__(self, options: Options) -> None: ...

    def path(self, base: str) -> str:
        """Of the request, from the path of the configured address."""
        ...

    def body(self, question: Question) -> bytes: ...

    def plain(self, body: bytes) -> Part:
        """Raises Garbage or ReportedError, as `event` does."""
        ...

    def event(self, data: str) -> Part: ...


def decode(text: str | bytes, shape: type[T]) -> T:
    """Raises Garbage. Python's own decoder, since it takes half surrogate pairs, which are replaced
    later; msgspec's refuses them."""
    try:
        return msgspec.convert(json.loads(text), type=shape)
    except (ValueError, RecursionError) as error:
        raise Garbage from error
