"""`im …` in a process that can be killed, forked or, where its real start is tested, executed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx2

from tests.support.popen import Popen


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


Finished = subprocess.CompletedProcess[str]
EXECUTED = subprocess.Popen[str]

UNTRACED = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}
"""Set for a program whose coverage is not asked for: what is killed reports none, and
tracing slows each start."""


def im(*arguments: str, **env: str) -> Finished:
    """Runs to its end."""
    return finished("-m", "app.cli", *arguments, env=os.environ | UNTRACED | env)


def executed_im(*arguments: str, **env: str) -> Finished:
    """The same, started as a user starts it."""
    return finished("-m", "app.cli", *arguments, env=os.environ | UNTRACED | env, popen=EXECUTED)


def finished(
    *arguments: str,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
    popen: type[subprocess.Popen[str]] = Popen[str],
) -> Finished:
    """`python …` with nothing to read, when it has run to its end."""
    command = [sys.executable, *arguments]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with popen(
        command, env=env, cwd=folder, stdin=nothing, stdout=pipe, stderr=pipe, encoding="utf-8"
    ) as process:
        try:
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    return Finished(command, process.returncode, output, errors)


class ServerProcess:
    """`im serve` on one port, to be started and killed again and again on the same data.
    `module`: another program in its place."""

    popen: type[subprocess.Popen[bytes]] = Popen

    def __init__(self, log: Path, *, module: str = "app.cli", **env: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}"
        self.log = log
        self._module = module
        self.environment = env
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = self.popen(
                [sys.executable, "-m", self._module, "serve", "--port", str(self.port)],
                env=os.environ | UNTRACED | self.environment, stdout=output, stderr=output,
            )  # fmt: skip
        self._wait_until_ready()

    def kill(self) -> None:
        """As the power would: no handler runs."""
        self._signal(signal.SIGKILL)

    def stop(self) -> int:
        return self._signal(signal.SIGTERM)

    def end(self, number: signal.Signals) -> int:
        """The exit code."""
        return self._signal(number)

    def says(self, text: str, times: int = 1) -> None:
        """Waits until the log has it so often."""
        deadline = time.monotonic() + 30
        while self.log.read_text().count(text) < times:
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def http(self, user_id: str | None = None) -> httpx2.AsyncClient:
        headers = {"X-User-Id": user_id} if user_id else {}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=30)

    def _signal(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = self._process.wait(20)
        self._process = None
        return code

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if httpx2.get(f"{self.url}/ready", trust_env=False).is_success:
                    return
            except httpx2.HTTPError:
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())


class ExecutedServer(ServerProcess):
    """Started as a user starts it."""

    popen = subprocess.Popen[bytes]


def server_process(log: Path, **env: str) -> AbstractContextManager[ServerProcess]:
    return running(ServerProcess(log, **env))


@contextmanager
def running(server: ServerProcess) -> Iterator[ServerProcess]:
    """Started; killed at the end if it still runs."""
    server.start()
    try:
        yield server
    finally:
        server.kill()
