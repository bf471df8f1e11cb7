import asyncio

import pytest
from redis.asyncio import Redis

from app.errors import RateLimited
from app.shared.sockets import SharedConnectionLimit
from tests.support.redis import RedisServer


async def limits(client: Redis, most: int = 2) -> list[SharedConnectionLimit]:
    for name in ("a", "b"):
        await client.set(f"im:instance:{name}", "alive")
    return [SharedConnectionLimit(most, client, "im", name) for name in ("a", "b")]


async def test_connections_of_all_instances_count(client: Redis) -> None:
    """One that ends makes room for another, wherever."""
    first, second = await limits(client)
    await first.enter("pat")
    await second.enter("pat")
    for limit in (first, second):
        with pytest.raises(RateLimited):
            await limit.enter("pat")
    await first.enter("rosa")
    second.leave("pat")
    await asyncio.sleep(0.1)
    await first.enter("pat")


async def test_those_of_an_instance_that_died_do_not_count(client: Redis) -> None:
    """Though it could not say so."""
    first, second = await limits(client)
    for _ in range(2):
        await first.enter("pat")
    await client.delete("im:instance:a")
    for _ in range(2):
        await second.enter("pat")


async def test_while_redis_is_away(client: Redis, redis: RedisServer) -> None:
    """Each instance counts its own."""
    first, second = await limits(client)
    redis.kill()
    for limit in (first, second):
        await limit.enter("pat")
        await limit.enter("pat")
        with pytest.raises(RateLimited):
            await limit.enter("pat")


async def test_what_redis_has_forgotten(client: Redis) -> None:
    """Is not counted, nor counted below nothing when it ends."""
    first, second = await limits(client)
    await first.enter("pat")
    await client.delete("im:sockets:pat")
    first.leave("pat")
    await asyncio.sleep(0.1)
    for limit in (first, second):
        await limit.enter("pat")
    with pytest.raises(RateLimited):
        await second.enter("pat")
