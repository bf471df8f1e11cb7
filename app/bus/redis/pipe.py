"""One connection to Redis, used in both directions at once."""

import asyncio
import math
from collections.abc import Callable
from typing import Any

from redis.asyncio import Connection, Redis
from redis.exceptions import ConnectionError as Disconnected

from app.utils.tasks import either

MOST_WAITING = 16 << 20
"""Bytes that may wait for a Redis that does not take them."""


class Pipe:
    """Commands of one turn of the event loop leave together; nobody waits for their answers, which
    are handed to `heard` in order. Nothing is sent twice: what became of a command when the
    connection breaks is not known."""

    def __init__(self, client: Redis, heard: Callable[[Any], None]) -> None:
        self._connection: Connection = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        self._heard = heard
        self._waiting: list[bytes] = []
        self._size = 0
        self._wake = asyncio.Event()

    async def open(self) -> None:
        """Raises RedisError or OSError."""
        await self._connection.connect()  # type: ignore[no-untyped-call]

    def send(self, *command: str | bytes) -> None:
        packed = self._connection.pack_command(*command)
        self._waiting += packed
        self._size += sum(map(len, packed))
        self._wake.set()

    async def run(self) -> None:
        """Until the connection ends, which raises RedisError or OSError."""
        await either(self._write(), self._read())

    async def close(self) -> None:
        await self._connection.disconnect(nowait=True)

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            waiting, size, self._waiting, self._size = self._waiting, self._size, [], 0
            if size > MOST_WAITING:
                raise Disconnected("Redis takes nothing any more")
            await self._connection.send_packed_command(waiting, check_health=False)

    async def _read(self) -> None:
        while True:
            self._heard(
                await self._connection.read_response(disable_decoding=True, timeout=math.inf)
            )
