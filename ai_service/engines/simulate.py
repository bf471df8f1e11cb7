import asyncio
from random import Random

from ai_service.engine import Engine, LoadProfile
from ai_service.errors import ServiceError
from ai_service.schemas import ChatRequest


class Simulate:
    """Behaves as its profile says; which request fails or hangs follows from the seed alone."""

    name = "simulate"

    def __init__(self, profile: LoadProfile) -> None:
        self._profile = profile
        self._random = Random(profile.seed)  # noqa: S311 - load, not secrets

    async def reply(self, request: ChatRequest) -> str:
        fate, spread = self._random.random(), self._random.uniform(-1, 1)
        if fate < self._profile.hang_rate:
            await asyncio.Event().wait()
        await asyncio.sleep(self._profile.latency_s * (1 + spread * self._profile.jitter))
        if fate < self._profile.hang_rate + self._profile.fail_rate:
            raise ServiceError("A simulated failure, as asked for by --fail-rate.")
        return f"Simulated reply to a message of {len(request.message)} characters."


def build(profile: LoadProfile) -> Engine:
    return Simulate(profile)
