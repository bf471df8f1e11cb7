from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONNECT_S = 2.0
ANSWER_S = 3.0


def connect_redis(url: str) -> Redis:
    """Connects when it is first used. Nothing is tried twice: whether a command whose answer was
    lost has run is not known, and who calls knows better what to do."""
    return Redis.from_url(
        url,
        protocol=2,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )
