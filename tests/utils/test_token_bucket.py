import time

import pytest

from app.utils.token_bucket import TokenBucket


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_burst_and_rate(clock: list[float]) -> None:
    """Two seconds' worth at once, then so many a second."""
    bucket = TokenBucket(10)
    assert [bucket.take() for _ in range(21)] == [True] * 20 + [False]
    clock[0] += 0.5
    assert [bucket.take() for _ in range(6)] == [True] * 5 + [False]


def test_what_is_saved_is_bounded(clock: list[float]) -> None:
    """A quiet year earns no more than one burst."""
    bucket = TokenBucket(10)
    clock[0] += 1e7
    assert bucket.full
    assert sum(bucket.take() for _ in range(100)) == 20


def test_wait(clock: list[float]) -> None:
    """Tells how long until the next."""
    bucket = TokenBucket(4)
    while bucket.take():
        pass
    assert bucket.wait_s == pytest.approx(0.25)
    clock[0] += 0.25
    assert bucket.take()


def test_debt(clock: list[float]) -> None:
    """What is owed is filled up first; a whole burst of it is too much."""
    bucket = TokenBucket(10)
    while bucket.take():
        pass
    assert [bucket.owe() for _ in range(20)] == [True] * 19 + [False]
    clock[0] += 2
    assert not bucket.take()
    clock[0] += 0.2
    assert bucket.take()


def test_no_limit() -> None:
    """A rate of 0."""
    bucket = TokenBucket(0)
    assert all(bucket.take() for _ in range(10_000))
    assert bucket.wait_s == 0
