"""The bus between processes: Redis pub/sub, which may lose whatever it likes."""

from app.bus.redis.bus import RedisBus
from app.bus.redis.client import connect_redis

__all__ = ["RedisBus", "connect_redis"]
