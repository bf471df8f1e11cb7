"""The programs of our own: instances, workers, migrations and the reference AI service."""

import sys
from collections.abc import Callable, Mapping

from redis import Redis
from redis.exceptions import RedisError

from app.up.nginx import healthy
from app.up.ports import HOST
from app.up.program import Spec

Env = Callable[[], Mapping[str, str]]
AI_SERVICE = "ai-service"
MIGRATION = "migration"


def ai_service(port: int) -> Spec:
    url = f"http://{HOST}:{port}"
    command = [sys.executable, "-m", "ai_service", "--port", str(port), "--engine", "demo"]
    return Spec(AI_SERVICE, command, url, ready=lambda: healthy(url))


def migration(env: Env) -> Spec:
    """Ready is when it has ended."""
    command = [sys.executable, "-m", "app.cli", "db", "upgrade"]
    return Spec(MIGRATION, command, "", ready=lambda: False, env=env)


def instance(name: str, port: int, module: str, env: Env) -> Spec:
    url = f"http://{HOST}:{port}"
    command = [sys.executable, "-m", module, "serve", "--port", str(port)]
    return Spec(name, command, url, ready=lambda: healthy(url, "/ready"), env=env)


def worker(name: str, module: str, redis_url: str, pid: Callable[[], int], env: Env) -> Spec:
    """Ready is when it has heard its broker, which it reports to Redis together with its pid."""
    nodename = f"{name}@up"
    command = [sys.executable, "-m", module, "worker", "--name", nodename]
    return Spec(name, command, "", ready=lambda: _reported(redis_url, nodename, pid()), env=env)


def _reported(redis_url: str, nodename: str, pid: int) -> bool:
    with Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2) as redis:
        try:
            for key in redis.scan_iter(match=f"*:worker:*:{nodename}", count=1000):
                if bytes(redis.get(key) or b"").endswith(f" pid {pid}".encode()):
                    return True
        except RedisError:
            pass
    return False


def environment(database_url: str, redis_url: str, ai_url: str, workers: int) -> dict[str, str]:
    """What the picture itself decides, whatever the shell or a .env says; open to this machine."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "AI_SERVICE_URL": ai_url,
        "AI_DISPATCH": "celery" if workers else "local",
        "AUTH_MODE": "open",
        "ALLOW_OPEN_NETWORK": "0",
        "HOST": HOST,
        "WORKERS": "1",
        "LOG_FORMAT": "text",
    }
