"""Two connections to Redis, one that hears and one that tells, which live and die together."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from redis.asyncio import Redis

from app.bus.redis.pipe import Pipe
from app.utils.tasks import either

Heard = Callable[[bytes, bytes], None]
"""Takes a channel's name, and what was published there."""


class Link:
    def __init__(self, client: Redis, heard: Heard) -> None:
        self._heard = heard
        self._hearing = Pipe(client, self._answered)
        self._telling = Pipe(client, lambda _: None)
        self._subscribed: dict[str, asyncio.Future[None]] = {}
        """Done once Redis has confirmed it."""

    async def open(self) -> None:
        """Raises RedisError or OSError."""
        await self._hearing.open()
        await self._telling.open()

    async def run(self) -> None:
        """Until one of the two ends, which raises RedisError or OSError."""
        await either(self._hearing.run(), self._telling.run())

    async def close(self) -> None:
        """Nobody waits for a confirmation any more."""
        await self._hearing.close()
        await self._telling.close()
        for confirmed in self._subscribed.values():
            if not confirmed.done():
                confirmed.set_result(None)

    def publish(self, channel: str, data: bytes) -> None:
        self._telling.send("PUBLISH", channel, data)

    def subscribe(self, names: Iterable[str]) -> "list[asyncio.Future[None]]":
        """Of those that are not confirmed yet, each with its confirmation to come."""
        loop = asyncio.get_running_loop()
        new = [name for name in names if name not in self._subscribed]
        for name in new:
            self._subscribed[name] = loop.create_future()
        if new:
            self._hearing.send("SUBSCRIBE", *new)
        return [one for name in names if not (one := self._subscribed[name]).done()]

    def unsubscribe(self, names: Iterable[str]) -> None:
        known = [name for name in names if self._subscribed.pop(name, None) is not None]
        if known:
            self._hearing.send("UNSUBSCRIBE", *known)

    def _answered(self, answer: Any) -> None:
        kind, name, content = answer
        if kind == b"message":
            self._heard(name, content)
        elif kind == b"subscribe":
            confirmed = self._subscribed.get(name.decode())
            if confirmed is not None and not confirmed.done():
                confirmed.set_result(None)
