import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from itertools import chain, repeat

from ai_service.engine import RawAnswer
from ai_service.errors import ConnectionCutError
from ai_service.simulation.behaviour import Behaviour

GARBAGE = "<html><body>502 Bad Gateway: this is not the contract</body></html>"


async def play(behaviour: Behaviour, *, stream: bool) -> AsyncGenerator[str, None]:
    if behaviour.hang:
        await asyncio.Event().wait()
    await asyncio.sleep(behaviour.latency_s)
    if behaviour.error is not None:
        raise behaviour.error
    if behaviour.garbage:
        raise _garbage(stream=stream)
    if not stream and (behaviour.endless or behaviour.cut_after is not None):
        raise RawAnswer(_unfinished_json(behaviour), "application/json")
    yield ""
    async with aclosing(_said(behaviour)) as tokens:
        async for token in tokens:
            yield token


async def _said(behaviour: Behaviour) -> AsyncGenerator[str, None]:
    await asyncio.sleep(behaviour.first_token_delay_s)
    clock = asyncio.get_running_loop().time
    began, pace = clock(), behaviour.tokens_per_second
    for number, token in enumerate(_tokens(behaviour)):
        await asyncio.sleep(began + number / pace - clock() if pace else 0)
        yield token
    if behaviour.cut_after is not None:
        raise ConnectionCutError


def _tokens(behaviour: Behaviour) -> Iterator[str]:
    if behaviour.endless:
        return chain(behaviour.tokens, repeat(" more"))
    return iter(behaviour.tokens[: behaviour.cut_after])


async def _unfinished_json(behaviour: Behaviour) -> AsyncGenerator[bytes, None]:
    yield b'{"reply":"'
    async with aclosing(_said(behaviour)) as tokens:
        async for token in tokens:
            yield json.dumps(token, ensure_ascii=False)[1:-1].encode()


def _garbage(*, stream: bool) -> RawAnswer:
    async def body() -> AsyncGenerator[bytes, None]:
        yield f"data: {GARBAGE}\n\n".encode() if stream else GARBAGE.encode()

    return RawAnswer(body(), "text/event-stream" if stream else "application/json")
