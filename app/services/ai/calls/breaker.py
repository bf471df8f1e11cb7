"""A circuit breaker that neither waits nor calls: it is asked before a call and told after it."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

MAX_FACTOR = 8
PROBE_UNDER_WAY_S = 1.0
"""When to ask again while a probe is out: its end is not known beforehand."""


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Outcome(Enum):
    ANSWERED = auto()
    FAILED = auto()
    UNKNOWN = auto()
    """The call was given up on this side."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    failures: int
    window: int
    open_s: float


class CircuitBreaker:
    """Opens at `failures` among the last `window` outcomes. A permit belongs to the era in which
    it was given: calls that end in a later one say nothing about it."""

    def __init__(self, thresholds: Thresholds, clock: Callable[[], float] = time.monotonic) -> None:
        self._thresholds = thresholds
        self._clock = clock
        self._failed: deque[bool] = deque(maxlen=thresholds.window)
        self._open_until: float | None = None
        self._factor = 1
        self._probing = False
        self._era = 0

    @property
    def state(self) -> State:
        if self._open_until is None:
            return State.CLOSED
        return State.OPEN if self._clock() < self._open_until else State.HALF_OPEN

    @property
    def retry_after_s(self) -> float:
        """0 where a call may be made now."""
        if self._probing:
            return PROBE_UNDER_WAY_S
        if self._open_until is None:
            return 0.0
        return min(self._pause_s, max(0.0, self._open_until - self._clock()))

    @property
    def _pause_s(self) -> float:
        return self._thresholds.open_s * self._factor

    def enter(self) -> int | None:
        """A permit for one call, to be handed back to `leave` in any case; None: do not call."""
        if self.state is State.OPEN or self._probing:
            return None
        if self._open_until is not None:
            self._probing = True
            self._era += 1
        return self._era

    def leave(self, permit: int, outcome: Outcome) -> None:
        if permit != self._era:
            return
        if self._probing:
            self._end_probe(outcome)
        elif outcome is not Outcome.UNKNOWN:
            self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        self._failed.append(outcome is Outcome.FAILED)
        if sum(self._failed) >= self._thresholds.failures:
            self._open()

    def _end_probe(self, outcome: Outcome) -> None:
        self._probing = False
        self._era += 1
        if outcome is Outcome.FAILED:
            self._factor = min(self._factor * 2, MAX_FACTOR)
            self._open()
        elif outcome is Outcome.ANSWERED:
            self._factor = 1
            self._open_until = None

    def _open(self) -> None:
        self._open_until = self._clock() + self._pause_s
        self._failed.clear()
        self._era += 1
