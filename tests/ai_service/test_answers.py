import asyncio
import logging
import threading
from collections.abc import AsyncGenerator

import httpx2
import pytest

from ai_service.engine import EngineRequest
from ai_service.errors import OverloadedError
from ai_service.main import create_app
from tests.ai_service.support import error_of, post, until_cut
from tests.support.servers import run_program

SECRET = "my private complaint"
HELLO = {"message": "hello"}


class Broken:
    name = "broken"

    def __init__(self, *before: str, error: Exception | None = None) -> None:
        self.before = before
        self.error = error

    async def stream(self, request: EngineRequest) -> AsyncGenerator[str, None]:
        for piece in self.before:
            yield piece
        raise self.error or RuntimeError(request.message)


class Endless:
    name = "endless"

    def __init__(self, *before: str) -> None:
        self.before = before
        self.given_up = threading.Event()

    async def stream(self, _request: EngineRequest) -> AsyncGenerator[str, None]:
        try:
            for piece in self.before:
                yield piece
            await asyncio.Event().wait()
        finally:
            self.given_up.set()


class Silent:
    name = "silent"

    async def stream(self, _request: EngineRequest) -> AsyncGenerator[str, None]:
        for piece in list[str]():
            yield piece


@pytest.mark.parametrize("stream", [False, True])
def test_a_broken_engine_tells_nothing(stream: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the answer nor the log repeats what the engine's exception says."""
    with run_program(create_app(Broken(), api_key=None)) as url, caplog.at_level(logging.DEBUG):
        answer = post(url, {"message": SECRET, "stream": stream})
    error = error_of(answer)
    assert (answer.status_code, error["number"], error["retryable"]) == (500, 9001, True)
    assert SECRET not in answer.text + caplog.text
    assert f"request_id={error['request_id']} cause=RuntimeError" in caplog.text


@pytest.mark.parametrize("stream", [False, True])
def test_a_failure_before_the_first_piece_has_its_status(stream: bool) -> None:
    """A stream begins only when there is something to send."""
    with run_program(create_app(Broken(error=OverloadedError()), api_key=None)) as url:
        answer = post(url, {**HELLO, "stream": stream})
    assert (answer.status_code, error_of(answer)["number"]) == (503, 5004)


def test_a_failure_after_it_cuts_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    """Without [DONE]; the log tells the cause, and none of the words."""
    engine = Broken("so far ", "so good")
    with run_program(create_app(engine, api_key=None)) as url, caplog.at_level(logging.DEBUG):
        received = until_cut(url, {"message": SECRET, "stream": True})
    assert received == 'data: {"delta":"so far "}\n\ndata: {"delta":"so good"}\n\n'
    assert "INTERNAL in the middle of a reply, cause=RuntimeError" in caplog.text
    assert SECRET not in caplog.text


def test_the_same_failure_of_a_plain_reply_has_its_status() -> None:
    """Nothing was sent yet."""
    with run_program(create_app(Broken("so far"), api_key=None)) as url:
        assert post(url, HELLO).status_code == 500


@pytest.mark.parametrize(
    ("engine", "stream"), [(Endless(), False), (Endless(), True), (Endless("a"), True)]
)
def test_an_engine_stops_when_its_client_has_gone(engine: Endless, stream: bool) -> None:
    """Work that nobody waits for is given up, before the first piece and after it."""
    with run_program(create_app(engine, api_key=None)) as url:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(url, json={**HELLO, "stream": stream}, trust_env=False, timeout=0.3)
        assert engine.given_up.wait(5)


def test_an_engine_may_have_nothing_to_say() -> None:
    """The caller judges what that means."""
    with run_program(create_app(Silent(), api_key=None)) as url:
        assert post(url, HELLO).json() == {"reply": ""}
        assert post(url, {**HELLO, "stream": True}).text == "data: [DONE]\n\n"
