"""How many connections one user has, at all instances together."""

import asyncio

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.bus.redis.peers import key_of_instances
from app.websocket.connection_limit import ConnectionLimit

log = structlog.get_logger(__name__)

DAY_S = 86_400
ENTER = """
local count = 0
for _, instance in ipairs(redis.call('HKEYS', KEYS[1])) do
    if redis.call('EXISTS', ARGV[3] .. instance) == 1 then
        count = count + redis.call('HGET', KEYS[1], instance)
    else
        redis.call('HDEL', KEYS[1], instance)
    end
end
if count >= tonumber(ARGV[2]) then return 0 end
redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
"""
"""What an instance that has died held does not count."""
LEAVE = """
if redis.call('HINCRBY', KEYS[1], ARGV[1], -1) <= 0 then redis.call('HDEL', KEYS[1], ARGV[1]) end
"""


class SharedConnectionLimit(ConnectionLimit):
    """Redis counts, for each user, those of each instance. What it has forgotten is not counted,
    until it comes anew."""

    def __init__(self, most: int, client: Redis, prefix: str, instance: str) -> None:
        super().__init__(most)
        self._prefix = f"{prefix}:sockets:"
        self._instances = key_of_instances(prefix)
        self._instance = instance
        self._enter = client.register_script(ENTER)
        self._leave = client.register_script(LEAVE)
        self._leaving: set[asyncio.Task[None]] = set()

    async def enter(self, user_id: str) -> None:
        await super().enter(user_id)
        if self._most and not await self._may_enter(user_id):
            super().leave(user_id)
            raise self.refusal

    def leave(self, user_id: str) -> None:
        super().leave(user_id)
        if self._most:
            task = asyncio.create_task(self._tell(user_id))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _may_enter(self, user_id: str) -> bool:
        arguments = (self._instance, self._most, self._instances, DAY_S)
        try:
            return bool(await self._enter(keys=[self._prefix + user_id], args=arguments))
        except (RedisError, OSError) as error:
            log.debug("connection_not_counted", why=str(error))
            return True

    async def _tell(self, user_id: str) -> None:
        try:
            await self._leave(keys=[self._prefix + user_id], args=[self._instance])
        except (RedisError, OSError) as error:
            log.debug("connection_not_counted", why=str(error))
