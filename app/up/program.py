"""One program of the picture: how it is started, and the process that it is now."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.up.problems import UpError
from app.up.processes import signal_family

STOP_SECONDS = 20.0
"""More than the ten seconds that the service gives its sockets and requests."""
Ready = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Spec:
    """`address` is for people. `user`: as whom it runs, where this process is root and it may not
    be. `start_seconds`: how long it may take to become ready."""

    name: str
    command: Sequence[str]
    address: str
    ready: Ready
    env: Callable[[], Mapping[str, str]] = dict
    user: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    start_seconds: float = 30.0


class Program:
    """What it says goes to `log`, a file, so that it can talk on when nobody listens any more."""

    def __init__(self, spec: Spec, folder: Path) -> None:
        self.spec = spec
        self.name = spec.name
        self.log = folder / f"{spec.name}.log"
        self.begun_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._log_begins = 0

    @property
    def pid(self) -> int:
        """Raises UpError where it does not run."""
        if self._process is None or self._process.poll() is not None:
            raise UpError(f"{self.name} does not run")
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Of the process that was started last, once it has ended."""
        return self._process.poll() if self._process else None

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def spawn(self) -> None:
        self._log_begins = self.log.stat().st_size if self.log.exists() else 0
        try:
            with self.log.open("ab") as output:
                self._process = subprocess.Popen(  # noqa: S603 - programs of the picture
                    self.spec.command,
                    env=os.environ | self.spec.env(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,  # Ctrl-C is for the one who started us all
                    **as_user(self.spec.user),
                )
        except OSError as error:
            raise UpError(
                f"{self.name}: cannot run {self.spec.command[0]}: {error.strerror}"
            ) from None
        self.begun_at = time.monotonic()

    def is_ready(self) -> bool:
        return self.runs and self.spec.ready()

    def is_overdue(self) -> bool:
        return time.monotonic() - self.begun_at > self.spec.start_seconds

    def send(self, number: signal.Signals) -> None:
        """To the process itself; it tells its children what they need to know."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """As the power would: the process and its children, no handler runs."""
        if self._process is not None and self._process.poll() is None:
            signal_family(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def wait(self, seconds: float = STOP_SECONDS) -> int | None:
        """Its exit code. What does not end in time is killed."""
        if self._process is None:
            return None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.returncode

    def last_words(self) -> str:
        """Of the process that was started last, one line."""
        with self.log.open("rb") as log:
            log.seek(self._log_begins)
            lines = log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def as_user(user: int | None) -> dict[str, Any]:
    """For `subprocess`; None is the user that this process has."""
    return {} if user is None else {"user": user, "group": user, "extra_groups": []}
