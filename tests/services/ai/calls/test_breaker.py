import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.services.ai.calls.breaker import CircuitBreaker, Outcome, State, Thresholds

FAILURES, WINDOW, OPEN_S = 3, 5, 10.0
LONGEST_S = 8 * OPEN_S


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def breaker_and_clock() -> tuple[CircuitBreaker, Clock]:
    clock = Clock()
    return CircuitBreaker(Thresholds(FAILURES, WINDOW, OPEN_S), clock), clock


def call(breaker: CircuitBreaker, outcome: Outcome) -> None:
    permit = breaker.enter()
    assert permit is not None
    breaker.leave(permit, outcome)


def state_of(breaker: CircuitBreaker) -> State:
    """Looked up anew, which type checkers do not expect of a property."""
    return breaker.state


def opened() -> tuple[CircuitBreaker, Clock]:
    breaker, clock = breaker_and_clock()
    for _ in range(FAILURES):
        call(breaker, Outcome.FAILED)
    return breaker, clock


def test_it_opens_at_the_threshold() -> None:
    """Failures need not follow on each other, so long as they are in the window."""
    breaker, _ = breaker_and_clock()
    for failed in (True, False, True, False):
        call(breaker, Outcome.FAILED if failed else Outcome.ANSWERED)
    assert state_of(breaker) is State.CLOSED
    call(breaker, Outcome.FAILED)
    assert state_of(breaker) is State.OPEN
    assert breaker.enter() is None
    assert breaker.retry_after_s == OPEN_S


def test_old_failures_leave_the_window() -> None:
    """Rare ones never open it."""
    breaker, _ = breaker_and_clock()
    for _ in range(20):
        call(breaker, Outcome.FAILED)
        call(breaker, Outcome.ANSWERED)
        call(breaker, Outcome.ANSWERED)
    assert state_of(breaker) is State.CLOSED


def test_calls_that_were_given_up_are_not_counted() -> None:
    """Neither for nor against the service."""
    breaker, _ = breaker_and_clock()
    for _ in range(FAILURES - 1):
        call(breaker, Outcome.FAILED)
    for _ in range(2 * WINDOW):
        call(breaker, Outcome.UNKNOWN)
    call(breaker, Outcome.FAILED)
    assert state_of(breaker) is State.OPEN


def test_one_probe_decides() -> None:
    """While it is out nobody else calls; its success closes the circuit."""
    breaker, clock = opened()
    clock.now += OPEN_S
    assert (breaker.state, breaker.retry_after_s) == (State.HALF_OPEN, 0.0)
    probe = breaker.enter()
    assert probe is not None
    assert breaker.enter() is None
    assert breaker.retry_after_s > 0
    breaker.leave(probe, Outcome.ANSWERED)
    assert (breaker.state, breaker.retry_after_s) == (State.CLOSED, 0.0)


def test_each_failed_probe_doubles_the_time() -> None:
    """Eight times at most; a success brings it back to the beginning."""
    breaker, clock = opened()
    for factor in (1, 2, 4, 8, 8):
        assert breaker.retry_after_s == OPEN_S * factor
        clock.now += OPEN_S * factor
        call(breaker, Outcome.FAILED)
    clock.now += LONGEST_S
    call(breaker, Outcome.ANSWERED)
    for _ in range(FAILURES):
        call(breaker, Outcome.FAILED)
    assert breaker.retry_after_s == OPEN_S


def test_a_probe_that_is_given_up_makes_room_for_the_next() -> None:
    """At once: nothing was learnt."""
    breaker, clock = opened()
    clock.now += OPEN_S
    call(breaker, Outcome.UNKNOWN)
    assert state_of(breaker) is State.HALF_OPEN
    call(breaker, Outcome.ANSWERED)
    assert state_of(breaker) is State.CLOSED


@pytest.mark.parametrize("late", [Outcome.ANSWERED, Outcome.FAILED])
def test_calls_from_before_do_not_speak_for_the_probe(late: Outcome) -> None:
    """However they end, the probe alone decides."""
    breaker, clock = breaker_and_clock()
    slow = breaker.enter()
    assert slow is not None
    for _ in range(FAILURES):
        call(breaker, Outcome.FAILED)
    breaker.leave(slow, late)
    assert (breaker.state, breaker.retry_after_s) == (State.OPEN, OPEN_S)
    clock.now += OPEN_S
    probe = breaker.enter()
    assert probe is not None
    breaker.leave(slow, late)
    assert breaker.enter() is None


class AnyCircuit(RuleBasedStateMachine):
    """Calls that overlap, end in any way and order, while time goes on in any steps."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker, self.clock = breaker_and_clock()
        self.under_way: list[tuple[int, State]] = []
        self.failed_in_a_row = 0

    def probes(self) -> int:
        return sum(state is State.HALF_OPEN for _, state in self.under_way)

    @rule()
    def begin(self) -> None:
        before = self.breaker.state
        permit = self.breaker.enter()
        if before is State.OPEN:
            assert permit is None
        if before is State.CLOSED:
            assert permit is not None
        if permit is not None:
            self.under_way.append((permit, before))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), outcome=st.sampled_from(Outcome))
    def end(self, data: st.DataObject, outcome: Outcome) -> None:
        index = data.draw(st.integers(0, len(self.under_way) - 1))
        permit, began_in = self.under_way.pop(index)
        self.breaker.leave(permit, outcome)
        if began_in is State.HALF_OPEN:
            assert (
                self.breaker.state
                is {
                    Outcome.ANSWERED: State.CLOSED,
                    Outcome.FAILED: State.OPEN,
                    Outcome.UNKNOWN: State.HALF_OPEN,
                }[outcome]
            )

    @rule(seconds=st.floats(0, LONGEST_S))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @precondition(lambda self: state_of(self.breaker) is State.CLOSED)
    @rule()
    def fail_until_open(self) -> None:
        for _ in range(FAILURES):
            if state_of(self.breaker) is State.CLOSED:
                call(self.breaker, Outcome.FAILED)
        assert state_of(self.breaker) is State.OPEN

    @precondition(lambda self: self.probes() == 0)
    @rule()
    def wait_long(self) -> None:
        """It is always callable again, and then told to be so."""
        self.clock.now += LONGEST_S
        assert self.breaker.retry_after_s == 0
        permit = self.breaker.enter()
        assert permit is not None
        self.breaker.leave(permit, Outcome.UNKNOWN)

    @invariant()
    def never_more_than_one_probe(self) -> None:
        assert self.probes() <= 1

    @invariant()
    def the_time_told_is_bounded(self) -> None:
        assert 0 <= self.breaker.retry_after_s <= LONGEST_S
        assert (state_of(self.breaker) is State.OPEN) <= (self.breaker.retry_after_s > 0)


TestAnyCircuit = AnyCircuit.TestCase
