"""`im …` as the real command, in a process that can be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


Finished = subprocess.CompletedProcess[str]

UNTRACED = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}
"""Set for a program whose coverage is not asked for: what is killed reports none, and
tracing slows each start."""


def im(*arguments: str, **env: str) -> Finished:
    """Runs to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env=os.environ | UNTRACED | env,
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class ServerProcess:
    """`im serve` on one port, to be started and killed again and again on the same data.
    `module`: another program in its place."""

    def __init__(self, log: Path, *, module: str = "app.cli", **env: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}"
        self.log = log
        self._module = module
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module, "serve", "--port", str(self.port)],
                env=os.environ | UNTRACED | self._env, stdout=output, stderr=output,
            )  # fmt: skip
        self._wait_until_ready()

    def kill(self) -> None:
        """As the power would: no handler runs."""
        self._signal(signal.SIGKILL)

    def stop(self) -> int:
        return self._signal(signal.SIGTERM)

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


@contextmanager
def server_process(log: Path, **env: str) -> Iterator[ServerProcess]:
    """Started; killed at the end if it still runs."""
    server = ServerProcess(log, **env)
    server.start()
    try:
        yield server
    finally:
        server.kill()
