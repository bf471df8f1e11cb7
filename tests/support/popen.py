"""Programs of this project, started without importing everything again."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, AnyStr

ROOT = Path(__file__).parents[2]
FORKED_KINDS = ("-m", "-c")


class _Server:
    """The fork server of this test process, started when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asking: socket.socket | None = None
        self._lock = threading.Lock()

    def start(self, request: object, stdio: list[int]) -> tuple[int, socket.socket]:
        """The new process's id, and where its wait status will come."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, self._lock:
            message = [json.dumps(request).encode()]
            socket.send_fds(self._asked(), message, [theirs.fileno(), *stdio])
        return int(ours.recv(32)), ours

    def stop(self) -> None:
        if self._asking is not None and self._process is not None:
            self._asking.close()
            self._process.wait(20)
            self._asking = None

    def _asked(self) -> socket.socket:
        if self._asking is None:
            self._asking, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.fork_server", str(theirs.fileno())],
                cwd=ROOT, env=os.environ | _PLAIN, pass_fds=[theirs.fileno()],
            )  # fmt: skip
            theirs.close()
        return self._asking


_PLAIN = {"PYTHONUNBUFFERED": "", "COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}
"""A program that wants these asks for them."""
_server = _Server()


@contextmanager
def fork_server() -> Iterator[None]:
    """Stopped at the end, if it was needed."""
    try:
        yield
    finally:
        _server.stop()


class Popen(subprocess.Popen[AnyStr]):
    """As ever, with a pid, signals, pipes and an exit code; but `python -m …` and `python -c …`
    begin as a fork of a process that has imported what they need."""

    _ended: socket.socket | None = None

    def _execute_child(
        self, args: Any, executable: Any, preexec_fn: Any, close_fds: Any, pass_fds: Any, cwd: Any,
        env: Any, *given: Any,
    ) -> None:  # fmt: skip
        """Of subprocess.Popen; what cannot be forked is executed."""
        if list(args[:1]) != [sys.executable] or args[1] not in FORKED_KINDS or pass_fds:
            before = (args, executable, preexec_fn, close_fds, pass_fds, cwd, env)
            super()._execute_child(*before, *given)  # type: ignore[misc]
            return
        ends = given[3:9]
        stdio = [fd if fd >= 0 else n for n, fd in enumerate((ends[0], ends[3], ends[5]))]
        request = {
            "arguments": list(args[1:]),
            "env": dict(os.environ if env is None else env),
            "folder": str(cwd or Path.cwd()),
            "own_session": bool(given[14]),
        }
        self.pid, self._ended = _server.start(request, stdio)
        self._child_created = True
        self._close_pipe_fds(*ends)  # type: ignore[attr-defined]

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        """Of subprocess.Popen: the pid and the wait status, or (0, 0) while it runs."""
        if self._ended is None:
            waited: tuple[int, int] = super()._try_wait(wait_flags)  # type: ignore[misc]
            return waited
        try:
            status = self._ended.recv(32, socket.MSG_DONTWAIT if wait_flags & os.WNOHANG else 0)
        except BlockingIOError:
            return 0, 0
        self._ended.close()
        return self.pid, int(status)

    def _internal_poll(self, _deadstate: int | None = None) -> int | None:
        """Of subprocess.Popen, which would ask the system itself."""
        if self._ended is None:
            return super()._internal_poll(_deadstate)  # type: ignore[misc, no-any-return]
        try:
            return self._wait(0)  # type: ignore[attr-defined, no-any-return]
        except subprocess.TimeoutExpired:
            return None
