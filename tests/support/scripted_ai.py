"""An AI service that does on request what real ones do wrong: a message `fault:NAME` chooses.

`stream:a b c` is streamed word by word. Any other message is answered with `re: ` and itself, after
`latency_s`.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse


class ScriptedAI:
    def __init__(self) -> None:
        self.latency_s = 0.0
        self.pause_s = 0.0
        """Between two words of a stream."""
        self.words_let_go = 1 << 30
        """How many words of each stream may leave; may be raised while they wait."""
        self.cut_streams = 0
        """So many streams to come are cut after two words."""
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
        if message.startswith("stream:"):
            words = message.removeprefix("stream:").split(" ")
            return StreamingResponse(self._words(words), media_type="text/event-stream")
        if message.startswith("fault:"):
            answer: Response = await FAULTS[message.removeprefix("fault:")]()
            return answer
        await asyncio.sleep(self.latency_s)
        return JSONResponse({"reply": f"re: {message}"})

    async def _words(self, words: list[str]) -> AsyncIterator[bytes]:
        self.cut_streams, cut = max(0, self.cut_streams - 1), self.cut_streams > 0
        for number, word in enumerate(words):
            while number >= self.words_let_go:  # noqa: ASYNC110 - raised by another thread
                await asyncio.sleep(0.005)
            if cut and number == 2:
                raise ConnectionResetError
            delta = word if number == 0 else f" {word}"
            yield f"data: {json.dumps({'delta': delta})}\n\n".encode()
            await asyncio.sleep(self.pause_s)
        yield b"data: [DONE]\n\n"


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
    "hang": _hang,
    "drip": _streamed(_drip),
    "cut": _streamed(_cut),
    "endless": _streamed(_endless),
}
