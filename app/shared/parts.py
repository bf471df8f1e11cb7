import os
import secrets
import socket
from typing import NamedTuple

from app.bus.base import Bus
from app.bus.local import LocalBus
from app.bus.redis import RedisBus, connect_redis
from app.config import Settings
from app.security.tickets import Tickets
from app.services.core.send_rates import SendRates
from app.shared.send_rates import SharedRates
from app.shared.sockets import SharedConnectionLimit
from app.shared.tickets import SharedTickets
from app.websocket.connection_limit import ConnectionLimit


class Shared(NamedTuple):
    """What instances have in common, or one keeps to itself."""

    bus: Bus
    tickets: Tickets
    send_rates: SendRates
    connection_limit: ConnectionLimit


def share(settings: Settings, instance: str) -> Shared:
    """Over Redis, where there is one; SQLite serves one process, which needs none."""
    url, prefix = settings.redis.redis_url, settings.redis.redis_prefix
    per_second = settings.send.user_messages_per_second
    most = settings.websocket.ws_connections_per_user
    if url is None or settings.database.is_sqlite:
        return Shared(LocalBus(), Tickets(), SendRates(per_second), ConnectionLimit(most))
    client = connect_redis(url)
    return Shared(
        RedisBus(client, prefix),
        SharedTickets(client, prefix),
        SharedRates(per_second, client, prefix),
        SharedConnectionLimit(most, client, prefix, instance),
    )


def instance_name() -> str:
    """Of this process, for others, for leases, and for the log."""
    return f"{socket.gethostname()[:24]}-{os.getpid()}-{secrets.token_hex(4)}"
