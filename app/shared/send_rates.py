"""One user's rate over all instances."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.errors import RateLimited
from app.services.core.send_rates import SendRates
from app.utils.tasks import end
from app.utils.token_bucket import TokenBucket

log = structlog.get_logger(__name__)

SETTLE_S = 0.2
MOST_BARRED = 10_000
SPEND = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + ARGV[1] * ARGV[2]
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1)
return string.format('%.0f', due - now - ARGV[3])
"""
"""GCRA (ITU-T I.371), by Redis' clock, in microseconds: when the user will have paid for all that
was sent. Takes the number of messages, the time for one, and what may be owed; gives how long until
no more than that is."""


class SharedRates(SendRates):
    """Each instance lets a user send at the full rate, and says afterwards, five times a second,
    how much that was. Who has sent too much in all is barred until it is paid for, by each instance
    that asks. So a burst may be larger by what is sent until then, and the average holds."""

    def __init__(self, per_second: float, client: Redis, prefix: str) -> None:
        super().__init__(per_second)
        self._client = client
        self._prefix = f"{prefix}:rate:"
        self._spend = client.register_script(SPEND)
        self._interval_us = 1e6 / per_second if per_second else 0.0
        self._spent: Counter[str] = Counter()
        self._barred: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    def take(self, user_id: str) -> None:
        if not self._interval_us:
            return
        wait_s = self._barred.get(user_id, 0.0) - time.monotonic()
        if wait_s > 0:
            raise RateLimited(retry_after_s=round(wait_s, 3))
        super().take(user_id)
        self._spent[user_id] += 1

    async def start(self) -> None:
        self._task = asyncio.create_task(self._settle_on(), name="send-rates")

    async def stop(self) -> None:
        if self._task is not None:
            await end(self._task)

    async def _settle_on(self) -> None:
        while True:
            await asyncio.sleep(SETTLE_S)
            spent, self._spent = self._spent, Counter()
            if not spent:
                continue
            try:
                await self._settle(spent)
            except (RedisError, OSError) as error:
                log.debug("rates_not_settled", why=str(error))

    async def _settle(self, spent: Counter[str]) -> None:
        owed_us = TokenBucket.BURST_SECONDS * 1e6
        async with self._client.pipeline(transaction=False) as pipeline:
            for user_id, number in spent.items():
                arguments = (number, self._interval_us, owed_us)
                await self._spend([self._prefix + user_id], arguments, pipeline)
            waits = await pipeline.execute()
        self._bar(spent, waits)

    def _bar(self, spent: Iterable[str], waits: Iterable[bytes]) -> None:
        now = time.monotonic()
        if len(self._barred) > MOST_BARRED:
            self._barred = {user: until for user, until in self._barred.items() if until > now}
        for user_id, wait_us in zip(spent, waits, strict=True):
            if (wait := float(wait_us)) > 0:
                self._barred[user_id] = now + wait / 1e6
            else:
                self._barred.pop(user_id, None)
