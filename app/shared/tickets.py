import hashlib

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.security.tickets import TICKET_SECONDS, Tickets
from app.services.core.access import Caller

log = structlog.get_logger(__name__)


class SharedTickets(Tickets):
    """Good at every instance. While Redis is away a ticket is good where it was given."""

    def __init__(self, client: Redis, prefix: str) -> None:
        super().__init__()
        self._client = client
        self._prefix = f"{prefix}:ticket:"

    async def issue(self, caller: Caller) -> str:
        ticket = await super().issue(caller)
        try:
            await self._client.set(
                self._key(ticket), msgspec.json.encode(caller), ex=TICKET_SECONDS
            )
        except (RedisError, OSError) as error:
            log.warning("ticket_not_shared", why=str(error))
        else:
            self.forget(ticket)
        return ticket

    async def redeem(self, ticket: str) -> Caller:
        try:
            found = await self._client.getdel(self._key(ticket))
        except (RedisError, OSError) as error:
            log.warning("ticket_not_looked_up", why=str(error))
            found = None
        if found is not None:
            return msgspec.json.decode(found, type=Caller)
        return await super().redeem(ticket)

    def _key(self, ticket: str) -> str:
        """Who reads Redis' keys learns no ticket."""
        return self._prefix + hashlib.sha256(ticket.encode(errors="replace")).hexdigest()
