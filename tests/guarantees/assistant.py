"""An AI service that answers as the plan's dice say, well and badly, and writes each call down."""

import asyncio
import json
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from tests.guarantees.ai_records import Called
from tests.guarantees.history import History, digest
from tests.guarantees.plan import WORDS, Plan
from tests.support.scripted_ai import FAULTS
from tests.support.servers import run_program

LONG_S = 60.0
"""Longer than any clock of the service allows."""
GOOD = {"plain": 2, "stream": 5, "another text": 1}
"""How often, beside each other."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What is answered, in pieces that come so many seconds after each other, the first after
    `late_s`."""

    pieces: list[str]
    pause_s: float
    late_s: float

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class Assistant:
    def __init__(self, plan: Plan, history: History) -> None:
        assert plan.scenario.ai is not None, "this scenario has no AI"
        self._ai = plan.scenario.ai
        self._plan = plan
        self._history = history
        self._calls: Counter[str] = Counter()
        self.app = FastAPI()
        self.app.post("/")(self._answer)

    async def _answer(self, request: Request) -> Response:
        body, record_id = await request.json(), request.headers["idempotency-key"]
        self._calls[record_id] += 1
        dice = self._plan.dice("ai", body["message"], str(self._calls[record_id]))
        talk, manner = _talk(dice), self._manner(dice)
        self._history.write(
            Called(
                at=self._history.now(),
                record_id=record_id,
                group_id=body["group_id"],
                user_message_id=body["user_message_id"],
                manner=manner,
                digest=digest(talk.text) if manner in GOOD else None,
            )
        )
        if manner in MANNERS:
            await asyncio.sleep(talk.late_s + dice.uniform(0, self._ai.slow_s))
            return MANNERS[manner](talk)
        fault: Response = await FAULTS[manner]()
        return fault

    def _manner(self, dice: random.Random) -> str:
        if dice.random() < self._ai.faulty:
            return dice.choice(self._ai.faults)
        return dice.choices(list(GOOD), list(GOOD.values()))[0]


def _talk(dice: random.Random) -> Talk:
    """Unlike any other, so that no reply is taken for another's."""
    pieces = [f"{dice.randrange(1 << 40):x}", *(f" {w}" for w in dice.choices(WORDS, k=11))]
    late_s = dice.choice((0.0, 0.0, 0.0, 0.02, 0.1))
    return Talk(pieces[: dice.randrange(1, 12)], dice.choice((0.0, 0.002, 0.01)), late_s)


def _plain(talk: Talk) -> Response:
    return JSONResponse({"reply": talk.text})


def _busy(_talk: Talk) -> Response:
    return JSONResponse({}, 429, headers={"Retry-After": "0"})


def _streamed(ending: Callable[[Talk], AsyncIterator[str]]) -> Callable[[Talk], Response]:
    async def said(talk: Talk) -> AsyncIterator[str]:
        async for data in ending(talk):
            yield f"data: {data}\n\n"

    return lambda talk: StreamingResponse(said(talk), media_type="text/event-stream")


async def _whole(talk: Talk) -> AsyncIterator[str]:
    for piece in talk.pieces:
        yield json.dumps({"delta": piece})
        await asyncio.sleep(talk.pause_s)
    yield "[DONE]"


async def _corrected(talk: Talk) -> AsyncIterator[str]:
    """What it has said by then was not what it means."""
    for piece in talk.pieces[::-1]:
        yield json.dumps({"delta": f"{piece}?"})
        await asyncio.sleep(talk.pause_s)
    yield json.dumps({"reply": talk.text})


async def _half(talk: Talk) -> AsyncIterator[str]:
    for piece in talk.pieces[: 1 + len(talk.pieces) // 2]:
        yield json.dumps({"delta": piece})
        await asyncio.sleep(talk.pause_s)


async def _cut(talk: Talk) -> AsyncIterator[str]:
    async for data in _half(talk):
        yield data
    raise ConnectionResetError


async def _stall(talk: Talk) -> AsyncIterator[str]:
    async for data in _half(talk):
        yield data
    await asyncio.sleep(LONG_S)


async def _garbled(talk: Talk) -> AsyncIterator[str]:
    async for data in _half(talk):
        yield data
    yield '{"delta": '


MANNERS: dict[str, Callable[[Talk], Response]] = {
    "plain": _plain,
    "stream": _streamed(_whole),
    "another text": _streamed(_corrected),
    "429": _busy,
    "cut stream": _streamed(_cut),
    "stalled stream": _streamed(_stall),
    "garbled stream": _streamed(_garbled),
}


@contextmanager
def assistant(plan: Plan, history: History) -> Iterator[str]:
    """Its URL. It outlives the service under test, and its log says only what it was told to do."""
    log = logging.getLogger("uvicorn.error")
    before, log.disabled = log.disabled, True
    try:
        with run_program(Assistant(plan, history).app) as url:
            yield url
    finally:
        log.disabled = before
