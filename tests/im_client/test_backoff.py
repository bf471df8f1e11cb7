import pytest

from im_client.backoff import Backoff


def test_delays_stay_under_a_ceiling_that_doubles_up_to_the_cap() -> None:
    """Full jitter: anything from 0 to 0.5, 1, 2, … and never above the cap."""
    backoff = Backoff(base=0.5, cap=15)

    for ceiling in [0.5, 1, 2, 4, 8, 15, 15]:
        assert 0 <= backoff.next() <= ceiling


def test_delays_differ() -> None:
    backoff = Backoff(base=1, cap=1)

    assert len({backoff.next() for _ in range(20)}) > 10


def test_many_failures_do_not_overflow() -> None:
    backoff = Backoff()

    assert all(backoff.next() <= 15 for _ in range(2000))


def test_reset_starts_again_from_the_base() -> None:
    backoff = Backoff(base=0.01, cap=100)
    for _ in range(10):
        backoff.next()

    backoff.reset()

    assert backoff.next() <= 0.01


@pytest.mark.parametrize(("base", "cap"), [(0, 1), (-1, 1), (2, 1)])
def test_senseless_bounds_are_refused(base: float, cap: float) -> None:
    with pytest.raises(ValueError, match="base <= cap"):
        Backoff(base, cap)
