"""Programs that die are started again."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.up.picture import Say
from app.up.problems import UpError
from app.up.program import Program
from app.up.staff import Staff

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
TRIES = 6
"""Starts in a row after which a program did not become ready, before all is given up."""


@dataclass(slots=True)
class _Trouble:
    since: float
    tries: int = 0
    next_try: float = 0.0
    starting: bool = False


class Keeper:
    """`attend` wants to be called several times a second."""

    def __init__(self, staff: Staff, say: Say, first_pause: float = FIRST_PAUSE) -> None:
        self._staff = staff
        self._first_pause = first_pause
        self._say = say
        self._troubles: dict[str, _Trouble] = {}

    @property
    def idle(self) -> bool:
        """Nothing is down."""
        return not self._troubles

    def attend(self) -> None:
        """Raises UpError where a program cannot be brought back."""
        for program in list(self._staff.programs.values()):
            trouble = self._troubles.get(program.name)
            if trouble is None:
                if not program.runs:
                    self._found_dead(program)
            elif trouble.starting:
                self._look_after(program, trouble)
            elif time.monotonic() >= trouble.next_try:
                self._start(program, trouble)

    def _found_dead(self, program: Program) -> None:
        self._say(program.name, f"has ended with {_ending(program)}; it is started again")
        self._troubles[program.name] = _Trouble(time.monotonic())

    def _start(self, program: Program, trouble: _Trouble) -> None:
        if trouble.tries == TRIES:
            words = program.last_words()
            raise UpError(f"{program.name} does not start any more: {words} (see {program.log})")
        trouble.tries += 1
        trouble.starting = True
        self._staff.spawn(program.name)

    def _look_after(self, program: Program, trouble: _Trouble) -> None:
        if program.is_ready():
            took = time.monotonic() - trouble.since
            self._say(program.name, f"is back after {took:.1f} s, as process {program.pid}")
            del self._troubles[program.name]
        elif program.is_overdue() or not program.runs:
            program.kill()
            pause = min(self._first_pause * 2.0 ** (trouble.tries - 1), LONGEST_PAUSE)
            self._say(
                program.name, f"did not come up ({program.last_words()}); again in {pause:g} s"
            )
            trouble.starting = False
            trouble.next_try = time.monotonic() + pause


class Saboteur:
    """Kills one of `names` every `seconds`, once the one before is back."""

    def __init__(self, staff: Staff, names: Sequence[str], seconds: float, say: Say) -> None:
        self._staff = staff
        self._names = names
        self._seconds = seconds
        self._say = say
        self._next = time.monotonic() + seconds

    def work(self) -> None:
        if not self._names or time.monotonic() < self._next:
            return
        name = random.choice(self._names)  # noqa: S311 - chance, no secret
        if self._staff.programs[name].runs:
            self._say(name, f"kill -9 {self._staff.pid(name)}")
            self._staff.kill(name)
        self._next = time.monotonic() + self._seconds


def _ending(program: Program) -> str:
    code = program.exit_code or 0
    return f"signal {-code}" if code < 0 else f"exit code {code}"
