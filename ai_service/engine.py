from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ai_service.schemas import ChatRequest


class Engine(Protocol):
    """What answers. It may raise anything: the caller then gets a 500 without internals."""

    @property
    def name(self) -> str: ...

    async def reply(self, request: ChatRequest) -> str:
        """Cancelled when the client goes away before the answer."""
        ...


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """How a simulated AI behaves. Rates and jitter are fractions from 0 to 1."""

    latency_s: float = 0.0
    jitter: float = 0.0
    fail_rate: float = 0.0
    hang_rate: float = 0.0
    seed: int | None = None


EngineFactory = Callable[[LoadProfile], Engine]
