from collections.abc import AsyncGenerator
from contextlib import aclosing
from random import Random

from ai_service.engine import Engine, EngineRequest, LoadProfile
from ai_service.simulation import drawn, play, script_in


class Simulate:
    """As its profile says, by the seed alone; a scripted message takes nothing from the seed."""

    name = "simulate"

    def __init__(self, profile: LoadProfile) -> None:
        self._profile = profile
        self._random = Random(profile.seed)  # noqa: S311 - load, not secrets

    async def stream(self, request: EngineRequest) -> AsyncGenerator[str, None]:
        script = script_in(request.message)
        if script is None:
            behaviour = drawn(self._profile, self._random, request.message)
        else:
            behaviour = script.at(request.attempt).behaviour(request.message)
        async with aclosing(play(behaviour, stream=request.stream)) as tokens:
            async for token in tokens:
                yield token


def build(load: LoadProfile, *_model: object) -> Engine:
    return Simulate(load)
