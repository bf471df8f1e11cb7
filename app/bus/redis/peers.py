"""The other processes on this bus: whether they live, and whether they belong together."""

import time
from collections.abc import Iterator

import msgspec
from redis.asyncio import Redis

from app.bus.base import Peer

LIFETIME_S = 5.0
"""After which a process that has died without a word is no peer any more."""


def disagreement(own: Peer, other: Peer) -> str | None:
    """One line that says what to do about it."""
    if own.epoch != other.epoch:
        return (
            f"{other.instance} uses it with another database: give each service a Redis of its own,"
            " or a REDIS_PREFIX"
        )
    if own.keys != other.keys:
        return (
            f"{other.instance} checks tokens by other keys (AUTH_MODE, JWT_…): give all instances "
            "the same"
        )
    return None


def key_of_instances(prefix: str) -> str:
    """Of each process that lives there is a key, which begins so and ends with its name."""
    return f"{prefix}:instance:"


class Register:
    """Keys that run out by Redis' own clock, whatever those of the processes say."""

    def __init__(self, client: Redis, prefix: str) -> None:
        self._client = client
        self._set = f"{prefix}:instances"
        self._key = key_of_instances(prefix)

    async def enter(self, own: Peer) -> None:
        """Raises RedisError or OSError, as all here do."""
        key, value = self._key + own.instance, msgspec.json.encode(own)
        async with self._client.pipeline(transaction=False) as pipeline:
            pipeline.set(key, value, px=int(LIFETIME_S * 1000))
            pipeline.sadd(self._set, own.instance)
            await pipeline.execute()

    async def leave(self, own: Peer) -> None:
        async with self._client.pipeline(transaction=False) as pipeline:
            pipeline.delete(self._key + own.instance)
            pipeline.srem(self._set, own.instance)
            await pipeline.execute()

    async def others(self, own: Peer) -> list[Peer]:
        members = await self._client.smembers(self._set)
        names = {name for name in members if isinstance(name, bytes)} - {own.instance.encode()}
        if not names:
            return []
        found = await self._client.mget([self._key.encode() + name for name in names])
        gone = [name for name, value in zip(names, found, strict=True) if value is None]
        if gone:
            await self._client.srem(self._set, *gone)
        return [msgspec.json.decode(value, type=Peer) for value in found if value is not None]


class Pulse:
    """When each process was last heard of."""

    def __init__(self) -> None:
        self._heard: dict[str, float] = {}

    def beat(self, instance: str) -> None:
        self._heard[instance] = time.monotonic()

    def forget(self, instance: str) -> None:
        self._heard.pop(instance, None)

    def silent_for(self, instance: str) -> float:
        return time.monotonic() - self._heard.get(instance, 0.0)

    def gone(self, patience_s: float) -> Iterator[str]:
        """Those who have not been heard of for so long; each is given once."""
        for instance in tuple(self._heard):
            if self.silent_for(instance) > patience_s:
                del self._heard[instance]
                yield instance
