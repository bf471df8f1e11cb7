"""The AI service as a client and as an operator meet it."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2


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
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            banner = process.stdout.readline()
            found = re.search(r"http://\S+", banner)
            assert found is not None, banner
            yield Program(found[0], banner, process)
        finally:
            process.kill()
