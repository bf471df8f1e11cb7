import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from app.errors import RateLimited
from app.shared import send_rates
from app.shared.send_rates import SharedRates
from tests.support.redis import RedisServer


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send_rates, "SETTLE_S", 0.02)


@asynccontextmanager
async def instances(client: Redis, per_second: float) -> AsyncIterator[list[SharedRates]]:
    both = [SharedRates(per_second, client, "im") for _ in range(2)]
    for one in both:
        await one.start()
    try:
        yield both
    finally:
        for one in both:
            await one.stop()


def sent(rates: SharedRates, most: int) -> int:
    """How many were let through, until one was refused."""
    for number in range(most):
        try:
            rates.take("pat")
        except RateLimited:
            return number
    return most


async def settled() -> None:
    await asyncio.sleep(0.2)


async def test_what_was_sent_at_one_instance_counts_at_the_other(client: Redis) -> None:
    """Twice the burst, and whoever wants more is refused at both, for as long as it takes."""
    async with instances(client, 10) as (first, second):
        assert sent(first, 100) == 20
        assert sent(second, 100) == 20
        await settled()
        for rates in (first, second):  # each tells of one more, and hears of the other's
            sent(rates, 1)
        await settled()
        for rates in (first, second):
            with pytest.raises(RateLimited) as error:
                rates.take("pat")
            assert 0.5 < float(str(error.value.details["retry_after_s"])) <= 2
            rates.take("rosa")


async def test_a_rate_that_is_kept_is_never_refused(client: Redis) -> None:
    """At whichever instance."""
    async with instances(client, 100) as both:
        for number in range(30):
            both[number % 2].take("pat")
            await asyncio.sleep(0.012)


async def test_while_redis_is_away(client: Redis, redis: RedisServer) -> None:
    """Each instance keeps to the rate by itself."""
    redis.kill()
    async with instances(client, 10) as (first, second):
        assert sent(first, 100) == 20
        await settled()
        assert sent(second, 100) == 20


async def test_no_limit(client: Redis) -> None:
    async with instances(client, 0) as (first, _):
        assert sent(first, 10_000) == 10_000
