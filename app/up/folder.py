"""The data folder: one `im up` at a time, and nothing that an earlier one left running."""

import fcntl
import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from app.up.problems import UpError
from app.up.processes import signal_family, started_at

GRACE_SECONDS = 5.0


class DataFolder:
    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.logs = self.path / "logs"
        self._running = self.path / "running.json"
        self._lock: IO[str] | None = None

    def take(self) -> list[str]:
        """Gives the names of what an `im up` that was killed had left running, and that is gone
        now. Raises UpError where another one has the folder."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise UpError(f"--data: cannot use {self.path}: {error.strerror}") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise UpError(
                f"--data: another `im up` runs in {self.path}; stop it, or name another folder"
            ) from None
        self._lock = lock
        return self._end_leftovers()

    def leave(self) -> None:
        self._running.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def note_running(self, processes: dict[str, int]) -> None:
        """In the order in which they were started."""
        told = [[name, pid, started_at(pid)] for name, pid in processes.items()]
        fresh = self._running.with_suffix(".new")
        fresh.write_text(json.dumps(told))
        fresh.replace(self._running)

    def _end_leftovers(self) -> list[str]:
        try:
            told = json.loads(self._running.read_text())
        except (OSError, ValueError):
            return []
        left = [(name, pid) for name, pid, start in told if start and started_at(pid) == start]
        for _, pid in reversed(left):
            _end(pid)
        return [name for name, _ in left]


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
        os.kill(pid, signal.SIGINT)  # which PostgreSQL, too, takes for: now
    deadline = time.monotonic() + GRACE_SECONDS
    while started_at(pid) is not None:
        if time.monotonic() > deadline:
            signal_family(pid, signal.SIGKILL)
        time.sleep(0.05)
