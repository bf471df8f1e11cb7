"""Programs that serve, started for one run: waited for, watched, and ended."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from bench.problems import BenchError

START_SECONDS = 60
STOP_SECONDS = 15
TAIL_LINES = 15
ADDRESS = re.compile(r" on (http://\S+)")
Ready = Callable[[str], str]
"""Gives the program's address, from what it has printed, once it can serve; until then nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    url: str
    process: subprocess.Popen[bytes] | None = None
    log: Path | None = None

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 80

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def check_alive(self) -> None:
        """Raises BenchError with the server's last words."""
        if self.process and self.log and (code := self.process.poll()) is not None:
            raise BenchError(f"The server ended with exit code {code}:\n{_tail(self.log)}")


@contextmanager
def started_by(
    command: Sequence[str], env: Mapping[str, str], folder: Path, ready: Ready
) -> Iterator[Target]:
    """Any program that serves. Raises BenchError with its last words where it does not."""
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - programs of ours
            command, env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield _await_ready(process, log, ready)
    finally:
        end(process)


def answers_at(path: str) -> Ready:
    """For a program that prints its address and, once it can serve, answers at this path."""

    def ready(log: str) -> str:
        found = ADDRESS.search(log)
        return found[1] if found and _is_ready(found[1] + path) else ""

    return ready


def _await_ready(process: subprocess.Popen[bytes], log: Path, ready: Ready) -> Target:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        target = Target(ready(log.read_text(errors="replace")), process, log)
        target.check_alive()
        if target.url:
            return target
        time.sleep(0.05)
    raise BenchError(f"The server was not ready after {START_SECONDS} s:\n{_tail(log)}")


def _is_ready(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).is_success
    except httpx2.HTTPError:
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
