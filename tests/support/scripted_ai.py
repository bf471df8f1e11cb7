"""An AI service that does on request what real ones do wrong: a message `fault:NAME` chooses.

Any other message is answered with `re: ` and itself, after `latency_s`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse


class ScriptedAI:
    def __init__(self) -> None:
        self.latency_s = 0.0
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.calls: Counter[str] = Counter()
        """By Idempotency-Key."""
        self.at_once = 0
        self.most_at_once: Counter[str] = Counter()
        """By group: how many calls were ever under way together."""
        self._under_way: Counter[str] = Counter()
        self.app = FastAPI()
        self.app.post("/")(self._answer)

    async def _answer(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        self.calls[request.headers["idempotency-key"]] += 1
        group = body["group_id"]
        self._under_way[group] += 1
        self.most_at_once[group] = max(self.most_at_once[group], self._under_way[group])
        try:
            return await self._reply(body["message"])
        finally:
            self._under_way[group] -= 1

    async def _reply(self, message: str) -> Response:
        if message.startswith("fault:"):
            answer: Response = await FAULTS[message.removeprefix("fault:")]()
            return answer
        await asyncio.sleep(self.latency_s)
        return JSONResponse({"reply": f"re: {message}"})


async def _hang() -> Response:
    await asyncio.sleep(60)
    return JSONResponse({"reply": "too late"})


async def _drip() -> AsyncIterator[bytes]:
    yield b'{"reply": "'
    while True:
        await asyncio.sleep(0.1)
        yield b"."


async def _cut() -> AsyncIterator[bytes]:
    yield b'{"reply": "half an ans'
    raise ConnectionResetError


async def _endless() -> AsyncIterator[bytes]:
    yield b'{"reply": "'
    for _ in range(1_000):
        await asyncio.sleep(0.001)
        yield b"x" * 10_000


def _plain(content: str, status: int = 200) -> Any:
    async def answer() -> Response:
        return PlainTextResponse(content, status, media_type="application/json")

    return answer


def _streamed(pieces: Any) -> Any:
    async def answer() -> Response:
        return StreamingResponse(pieces(), media_type="application/json")

    return answer


async def _redirect() -> Response:
    return RedirectResponse("/elsewhere")


FAULTS: dict[str, Any] = {
    "500": _plain('{"error": "boom"}', 500),
    "401": _plain("{}", 401),
    "redirect": _redirect,
    "html": _plain("<html>502 Bad Gateway</html>"),
    "empty-object": _plain("{}"),
    "empty-reply": _plain('{"reply": ""}'),
    "blank-reply": _plain('{"reply": "  \\n"}'),
    "nul-reply": _plain('{"reply": "\\u0000"}'),
    "number-reply": _plain('{"reply": 42}'),
    "list": _plain("[]"),
    "empty-body": _plain(""),
    "surrogate": _plain('{"reply": "\\ud800"}'),
    "hang": _hang,
    "drip": _streamed(_drip),
    "cut": _streamed(_cut),
    "endless": _streamed(_endless),
}
