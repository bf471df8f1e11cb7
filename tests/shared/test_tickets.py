import pytest
from redis.asyncio import Redis

from app.errors import Unauthenticated
from app.services.core.access import Caller
from app.shared.tickets import SharedTickets
from tests.support.redis import RedisServer


async def test_a_ticket_is_good_at_every_instance_and_once(client: Redis) -> None:
    """For whom it was given. Redis' keys do not show it."""
    first, second = SharedTickets(client, "im"), SharedTickets(client, "im")
    caller = Caller("pat", sees_all=True, expires_at=5.0)
    ticket = await first.issue(caller)
    assert ticket not in str(await client.keys())
    assert await second.redeem(ticket) == caller
    for tickets in (first, second):
        with pytest.raises(Unauthenticated):
            await tickets.redeem(ticket)


async def test_while_redis_is_away(client: Redis, redis: RedisServer) -> None:
    """A ticket is good where it was given, once."""
    first, second = SharedTickets(client, "im"), SharedTickets(client, "im")
    redis.kill()
    ticket = await first.issue(Caller("pat"))
    with pytest.raises(Unauthenticated):
        await second.redeem(ticket)
    assert (await first.redeem(ticket)).user_id == "pat"
    redis.start()
    with pytest.raises(Unauthenticated):
        await first.redeem(ticket)
