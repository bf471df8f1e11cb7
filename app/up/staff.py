"""The programs that run, each by its name."""

import signal
import time
from collections.abc import Iterable
from threading import Event

from app.up.folder import DataFolder
from app.up.problems import Interrupted, UpError
from app.up.processes import signal_family
from app.up.program import STOP_SECONDS, Program, Spec

POLL_SECONDS = 0.05


class Staff:
    """All methods block; on an event loop they go through a thread."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.programs: dict[str, Program] = {}
        self.stopping = Event()
        self.hurry = Event()

    def pid(self, name: str) -> int:
        return self.programs[name].pid

    def kill(self, name: str) -> None:
        """The program and its children, as the power would. `begin` brings it back."""
        self.programs[name].kill()

    def terminate(self, name: str) -> int | None:
        """As a supervisor asks it to end; gives its exit code."""
        program = self.programs[name]
        program.send(program.spec.stop_signal)
        return program.wait()

    def begin(self, name: str) -> None:
        """Once more; returns when it is ready."""
        self.spawn(name)
        self.await_ready(name)

    def freeze(self, name: str) -> None:
        signal_family(self.pid(name), signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        signal_family(self.pid(name), signal.SIGCONT)

    def engage(self, spec: Spec) -> None:
        """Started for the first time."""
        self.programs[spec.name] = Program(spec, self.folder.logs)
        self.spawn(spec.name)

    def spawn(self, name: str) -> None:
        self.programs[name].spawn()
        running = {name: one.pid for name, one in self.programs.items() if one.runs}
        self.folder.note_running(running)

    def await_ready(self, *names: str) -> None:
        """Those, or all. Raises UpError where one is not ready in its time, and Interrupted where
        `stopping` is set."""
        for program in [self.programs[name] for name in names or self.programs]:
            while not program.is_ready():
                if self.stopping.is_set():
                    raise Interrupted
                if not program.runs or program.is_overdue():
                    raise did_not_start(program)
                time.sleep(POLL_SECONDS)

    def dismiss(self, names: Iterable[str]) -> None:
        """Ended, together, and known no more. What takes too long, or does so when `hurry` is
        set, is killed."""
        leaving = [self.programs.pop(name) for name in list(names) if name in self.programs]
        for program in leaving:
            program.send(program.spec.stop_signal)
            program.send(signal.SIGCONT)  # one that was frozen would not hear
        deadline = time.monotonic() + STOP_SECONDS
        while any(program.runs for program in leaving):
            if self.hurry.is_set() or time.monotonic() > deadline:
                for program in leaving:
                    program.kill()
            time.sleep(POLL_SECONDS)


def did_not_start(program: Program) -> UpError:
    return UpError(
        f"{program.name} did not start: {program.last_words()} (all of it: {program.log})"
    )
