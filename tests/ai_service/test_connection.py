import asyncio
import threading
from collections.abc import AsyncGenerator

import httpx2
from fastapi import FastAPI

from ai_service.connection import LiveResponse
from tests.ai_service.support import until
from tests.support.servers import run_program

KIB = b"x" * 1024


def test_a_body_is_no_faster_than_its_reader() -> None:
    """What is not read is not produced, so an endless reply cannot fill the memory."""
    produced: list[int] = []
    closed = threading.Event()

    async def body() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                produced.append(len(KIB))
                yield KIB
                await asyncio.sleep(0)
        finally:
            closed.set()

    app = FastAPI()

    @app.get("/")
    async def endless() -> LiveResponse:
        return LiveResponse(body(), "text/plain")

    with run_program(app) as url, httpx2.stream("GET", url, trust_env=False, timeout=10) as answer:
        parts = answer.iter_raw()
        assert next(parts)
        before = -1
        while before != len(produced):
            before = len(produced)
            threading.Event().wait(0.3)
        assert sum(produced) < 64 * 1024 * 1024
        answer.close()
        until(closed.is_set)
