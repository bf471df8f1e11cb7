"""What answers, and what it is asked: the same for every engine and every protocol."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from ai_service.chat_model.settings import ModelSettings
from ai_service.schemas import HistoryEntry


@dataclass(frozen=True, slots=True)
class EngineRequest:
    message: str
    history: Sequence[HistoryEntry] = ()
    system: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    stream: bool = False
    """Whether the caller takes the reply in pieces; the engine may then begin before its end."""
    attempt: int = 1
    """Which call with the same idempotency key this is."""


class Engine(Protocol):
    """It may raise anything: the caller then gets a 500 without internals."""

    @property
    def name(self) -> str: ...

    def stream(self, request: EngineRequest, /) -> AsyncGenerator[str, None]:
        """The reply in pieces, closed or cancelled when the client goes away.

        What is raised before the first piece becomes an HTTP error, later it cuts the connection.
        An empty piece says that the reply has begun.
        """
        ...


class RawAnswer(Exception):
    """Raised in place of the first piece: this body is sent under a 200, as it is."""

    def __init__(self, body: AsyncGenerator[bytes, None], media_type: str) -> None:
        super().__init__(media_type)
        self.body = body
        self.media_type = media_type


async def joined(pieces: AsyncGenerator[str, None]) -> str:
    async with aclosing(pieces):
        return "".join([piece async for piece in pieces])


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """How a simulated AI behaves. Rates and jitter are fractions from 0 to 1."""

    latency_s: float = 0.0
    jitter: float = 0.0
    first_token_delay_s: float = 0.0
    tokens_per_second: float | None = None
    length: int | None = None
    fail_rate: float = 0.0
    hang_rate: float = 0.0
    rate_limit_rate: float = 0.0
    cut_rate: float = 0.0
    garbage_rate: float = 0.0
    endless_rate: float = 0.0
    seed: int | None = None


class EngineFactory(Protocol):
    def __call__(self, load: LoadProfile, model: ModelSettings | None = None, /) -> Engine:
        """Raises EngineUnavailableError where the engine cannot work here."""
        ...


class EngineUnavailableError(Exception):
    """Its text is one line that tells the operator what to do."""
