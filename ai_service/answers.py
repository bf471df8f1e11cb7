"""From a question to an HTTP answer, whichever engine answers and whichever protocol asks."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from ai_service.connection import LiveResponse, while_connected
from ai_service.engine import Engine, EngineRequest, RawAnswer, joined
from ai_service.errors import ServiceError
from ai_service.stats import CallStats


class Form(Protocol):
    """How a protocol writes a reply."""

    def whole(self, reply: str, /) -> dict[str, Any]: ...

    def events(self, pieces: AsyncGenerator[str, None], /) -> AsyncGenerator[bytes, None]: ...


@dataclass(frozen=True, slots=True)
class Answers:
    engine: Engine
    stats: CallStats

    async def respond(self, asked: EngineRequest, request: Request, form: Form) -> Response:
        attempt = self.stats.count(request.headers.get("idempotency-key"))
        pieces = self._pieces(replace(asked, attempt=attempt))
        try:
            if asked.stream:
                begun = await while_connected(request, _begun(pieces))
                return LiveResponse(form.events(begun), "text/event-stream")
            return JSONResponse(form.whole(await while_connected(request, joined(pieces))))
        except RawAnswer as raw:
            return LiveResponse(self._raw(raw), raw.media_type)

    async def _pieces(self, asked: EngineRequest) -> AsyncGenerator[str, None]:
        with self.stats.working():
            try:
                async with aclosing(self.engine.stream(asked)) as pieces:
                    async for piece in pieces:
                        yield piece
            except (ServiceError, RawAnswer):
                raise
            except Exception as error:
                raise ServiceError from error

    async def _raw(self, answer: RawAnswer) -> AsyncGenerator[bytes, None]:
        with self.stats.working():
            async with aclosing(answer.body) as chunks:
                async for chunk in chunks:
                    yield chunk


async def _begun(pieces: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """The same pieces, once there is a first: what fails before it is raised here."""
    first = await anext(pieces, "")
    return _chained(first, pieces)


async def _chained(first: str, rest: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece
