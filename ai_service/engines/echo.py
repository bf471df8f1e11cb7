from collections.abc import AsyncGenerator

from ai_service.engine import Engine, EngineRequest
from ai_service.pieces import pieces_of


class Echo:
    name = "echo"

    async def stream(self, request: EngineRequest) -> AsyncGenerator[str, None]:
        for piece in pieces_of(request.message):
            yield piece


def build(*_settings: object) -> Engine:
    return Echo()
