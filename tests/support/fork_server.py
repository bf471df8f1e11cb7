"""Starts Python programs by fork: everything is imported once, not once for each start.

Run as a process of its own, which has no threads. It reads requests from a socket and answers each
on a socket of the program's own: its pid, and its wait status when it has ended. When nobody can
ask any more it ends, and so does every program that it has started.
"""

import atexit
import gc
import io
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import coverage

from ai_service.engines import engine_factories

PRELOADED = (
    "ai_service.cli", "alembic.command", "app.cli.chat",
    "app.cli.db", "app.cli.demo", "app.cli.serve", "app.cli.serving", "app.cli.token", "bench.cli",
    "logging.config", "psycopg", "tests.guarantees.points", "typer._click.decorators",
    "uvicorn.lifespan.on", "uvicorn.loops.uvloop", "uvicorn.main", "uvicorn.protocols.http.auto",
)  # fmt: skip
REQUEST_BYTES = 1 << 17


@dataclass(frozen=True, slots=True)
class Request:
    """`arguments` are those behind `python`: `-m module …` or `-c code …`."""

    arguments: list[str]
    env: dict[str, str]
    folder: str
    own_session: bool


class ForkServer:
    def __init__(self, asking: socket.socket) -> None:
        self._asking = asking
        self._selector = selectors.DefaultSelector()
        self._selector.register(asking, selectors.EVENT_READ)

    def serve(self) -> Request | None:
        """Returns in each program that it starts, with what that is to run; and None at the end."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is not self._asking:
                    self._ended(key.fd, *key.data)
                    continue
                message, fds, _, _ = socket.recv_fds(self._asking, REQUEST_BYTES, 4)
                if not message:
                    self._end()
                    return None
                if self._fork(*fds):
                    return Request(**json.loads(message))

    def _fork(self, handle: int, *stdio: int) -> bool:
        """Whether this is the new process."""
        pid = os.fork()
        if pid == 0:
            self._leave()
            for number, fd in enumerate(stdio):
                os.dup2(fd, number)
        for fd in stdio:
            os.close(fd)
        answers = socket.socket(fileno=handle)
        if pid == 0:
            answers.close()
            return True
        answers.send(str(pid).encode())
        self._selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, answers))
        return False

    def _ended(self, pidfd: int, pid: int, answers: socket.socket) -> None:
        self._selector.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        with suppress(BrokenPipeError):  # where nobody wants to know any more
            answers.send(str(status).encode())
        answers.close()

    def _leave(self) -> None:
        """Nothing of the server is open in what it starts."""
        for key in list(self._selector.get_map().values()):
            if key.fileobj is not self._asking:
                os.close(key.fd)
                key.data[1].close()
        self._selector.close()
        self._asking.close()

    def _end(self) -> None:
        for key in list(self._selector.get_map().values()):
            if key.fileobj is not self._asking:
                os.kill(key.data[0], signal.SIGKILL)


def become(request: Request) -> None:
    """As if this process had been started so."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if request.own_session:
        os.setsid()
    os.environ.clear()
    os.environ.update(request.env)
    os.chdir(request.folder)
    time.tzset()
    if request.env.get("PYTHONUNBUFFERED"):
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "wb", closefd=False), write_through=True)
    if request.env.get("COVERAGE_PROCESS_CONFIG"):
        coverage.process_startup()


def run(kind: str, program: str, *arguments: str) -> None:
    sys.argv = [kind, *arguments]
    if kind == "-m":
        sys.path[0] = str(Path.cwd())
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = ""
        exec(compile(program, "<string>", "exec"), vars(sys.modules["__main__"]))


def end(code: int) -> NoReturn:
    """As the interpreter ends, but that it leaves to the system what is in memory: to free it all
    would first copy it all."""
    threading._shutdown()  # type: ignore[attr-defined] # noqa: SLF001
    atexit._run_exitfuncs()  # noqa: SLF001
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 0xFF)


def main() -> Request | None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the programs
    for name in PRELOADED:
        import_module(name)
    engine_factories()  # imports each
    gc.collect()
    gc.freeze()
    return ForkServer(socket.socket(fileno=int(sys.argv[1]))).serve()


if __name__ == "__main__" and (asked := main()):
    become(asked)
    try:
        run(*asked.arguments)
    except SystemExit as ending:
        if not isinstance(ending.code, int | None):
            raise
        end(ending.code or 0)
    end(0)
