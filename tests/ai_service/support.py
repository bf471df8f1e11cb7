"""The AI service as a client and as an operator meet it."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from ai_service.engine import Engine, EngineRequest, joined
from tests.support.popen import Popen


@dataclass
class Chat:
    """A conversation with a running AI service, sent as the instant-messaging service sends it."""

    url: str
    history: list[dict[str, str]] = field(default_factory=list)

    def say(self, message: str) -> str:
        answer = post(self.url, {"message": message, "history": self.history})
        assert answer.status_code == 200, answer.text
        reply: str = answer.json()["reply"]
        self.history += [
            {"role": "user", "content": message},
            {"role": "assistant", "content": reply},
        ]
        return reply

    def doctor_says(self, content: str) -> None:
        self.history.append({"role": "assistant", "name": "doctor", "content": content})


def post(url: str, body: Any, **options: Any) -> httpx2.Response:
    return httpx2.post(url, json=body, trust_env=False, timeout=10, **options)


@dataclass(frozen=True)
class Program:
    url: str
    banner: str
    process: subprocess.Popen[str]

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit code and what was printed after the first line."""
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=15)
        return self.process.returncode, output, errors


@contextmanager
def running_program(*options: str) -> Iterator[Program]:
    """`python -m ai_service` on a port that the system chose."""
    command = [sys.executable, "-m", "ai_service", "--port", "0", *options]
    pipe = subprocess.PIPE
    with Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            banner = process.stdout.readline()
            found = re.search(r"http://\S+", banner)
            assert found is not None, banner
            yield Program(found[0], banner, process)
        finally:
            process.kill()


def reply_of(engine: Engine, message: str, **details: Any) -> Awaitable[str]:
    return joined(engine.stream(EngineRequest(message, **details)))


def streamed(url: str, body: dict[str, Any], **options: Any) -> list[Any]:
    """The events of a streamed answer: JSON decoded, `[DONE]` as it is."""
    answer = post(url, {**body, "stream": True}, **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    return events_in(answer.text)


def events_in(text: str) -> list[Any]:
    blocks = [block for block in text.split("\n\n") if block]
    assert all(block.startswith("data: ") for block in blocks)
    payloads = [block.removeprefix("data: ") for block in blocks]
    return [data if data == "[DONE]" else json.loads(data) for data in payloads]


def until_cut(url: str, body: dict[str, Any], **options: Any) -> str:
    """What was received until the connection broke."""
    with httpx2.stream("POST", url, json=body, trust_env=False, timeout=10, **options) as answer:
        assert answer.status_code == 200
        parts: list[bytes] = []
        with pytest.raises(httpx2.RemoteProtocolError):
            _receive(answer, parts)
        return b"".join(parts).decode()


def _receive(answer: httpx2.Response, parts: list[bytes]) -> None:
    for part in answer.iter_raw():
        parts.append(part)  # noqa: PERF402 - what came before an error stays


def until(condition: Callable[[], bool]) -> None:
    """Waits for what must come true."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it has not come true"
        threading.Event().wait(0.01)


def stats_of(url: str) -> dict[str, Any]:
    stats: dict[str, Any] = httpx2.get(f"{url}/stats", trust_env=False).json()
    return stats


def times_of(url: str) -> dict[str, dict[str, float]]:
    times: dict[str, dict[str, float]] = httpx2.get(f"{url}/stats/times", trust_env=False).json()
    return times


def error_of(answer: httpx2.Response) -> dict[str, object]:
    error: dict[str, object] = answer.json()["error"]
    assert error.keys() == {"code", "number", "message", "retryable", "details", "request_id"}
    return error
