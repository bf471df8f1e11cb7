import pytest

from app.errors import RateLimited
from app.services.core import send_rates
from app.services.core.send_rates import SendRates


def taken(rates: SendRates, user_id: str) -> int:
    """How many messages are taken before the first that is not."""
    for count in range(1000):
        try:
            rates.take(user_id)
        except RateLimited:
            return count
    raise AssertionError


def test_each_user_has_its_own() -> None:
    """One who sends too much is refused, and told for how long; nobody else is."""
    rates = SendRates(5)
    assert taken(rates, "pat") == 10
    with pytest.raises(RateLimited) as refused:
        rates.take("pat")
    assert 0 < refused.value.retry_after_s <= 0.2
    assert taken(rates, "dora") == 10


def test_no_limit() -> None:
    """A rate of 0 refuses nobody."""
    rates = SendRates(0)
    for _ in range(1000):
        rates.take("pat")


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users who have been quiet are forgotten; one who has just been refused is not."""
    monkeypatch.setattr(send_rates, "MAX_BUCKETS", 3)
    rates = SendRates(0.5)
    assert taken(rates, "greedy") == 1
    for number in range(20):
        rates.take(f"user_{number}")
    assert taken(rates, "greedy") == 0
