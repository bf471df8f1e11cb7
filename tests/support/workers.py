"""`im worker` as the real command, in a process that can be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import UNTRACED

IM_WORKER = ("app.cli", "worker")


class WorkerProcess:
    """Started; `ready` waits until it hears its broker."""

    def __init__(self, log: Path, *, command: Sequence[str] = IM_WORKER, **env: str) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command],
                env=os.environ | UNTRACED | env, stdout=output, stderr=output,
            )  # fmt: skip

    def ready(self) -> None:
        self.says(" ready.")

    def says(self, text: str, timeout_s: float = 30.0) -> None:
        deadline = time.monotonic() + timeout_s
        while text not in self.log.read_text():
            running = self._process.poll() is None
            assert running, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.03)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self.exit_code()

    def exit_code(self) -> int:
        return self._process.wait(30)


@contextmanager
def worker_process(
    log: Path, *, command: Sequence[str] = IM_WORKER, **env: str
) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(log, command=command, **env)
    try:
        yield worker
    finally:
        worker.kill()
