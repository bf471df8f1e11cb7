"""A copy of the database that is read where it is known to be whole.

Nothing here makes a read true: whoever reads must be able to tell from the answer that nothing is
missing. Whether the copy is near enough behind only decides if asking it is worth while.
"""

import asyncio
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.db.session import AsyncDoor, nothing_to_deliver
from app.db.transaction import T, Work
from app.errors import AppError
from app.models.database_identity import DatabaseIdentity
from app.models.message import Message

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
FRESH, BEHIND, DOWN, FOREIGN = "fresh", "behind", "down", "of another database"
_HEAD = select(func.coalesce(func.max(Message.id), 0))
_EPOCH = select(DatabaseIdentity.epoch)


class Replica:
    def __init__(self, primary: AsyncDoor, copy: Database, max_lag_s: float) -> None:
        self._primary = primary
        self.engine = copy.reading_engine
        self._copy = AsyncDoor(copy, nothing_to_deliver)
        self._max_lag_s, self._patience_s = max_lag_s, copy.timeout_s
        self._looks: deque[tuple[float, int]] = deque()
        self._watching: asyncio.Task[None] | None = None
        self.state = DOWN

    async def start(self) -> None:
        await self._look()
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._copy.close()

    @property
    def usable(self) -> bool:
        return self.state == FRESH

    async def read(self, work: Work[T]) -> T | None:
        """None where the copy is not to be asked, or does not answer."""
        if not self.usable:
            return None
        try:
            return await self._ask(work)
        except (AppError, DBAPIError, TimeoutError):
            self._become(DOWN)
            return None

    async def _ask(self, work: Work[T]) -> T:
        async with asyncio.timeout(self._patience_s):
            return await self._copy.read(work)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._look()

    async def _look(self) -> None:
        """The primary's troubles are told elsewhere."""
        with suppress(AppError, DBAPIError):
            self._looks.append((monotonic(), await self._primary.read(_head)))
        try:
            state = await self._judge()
        except (AppError, DBAPIError, TimeoutError):
            state = DOWN
        self._become(state)

    async def _judge(self) -> str:
        """No clock is compared with another machine's: the copy is behind by as long as it lacks
        what the primary was seen to have."""
        if await self._ask(_epoch) != await self._primary.read(_epoch):
            return FOREIGN
        head = await self._ask(_head)
        while self._looks and self._looks[0][1] <= head:
            self._looks.popleft()
        late = self._looks and monotonic() - self._looks[0][0] > self._max_lag_s
        return BEHIND if late else FRESH

    def _become(self, state: str) -> None:
        if state != self.state:
            told = log.info if state == FRESH else log.warning
            told("replica", state=state)
        self.state = state


def _head(db: Session) -> int:
    return int(db.execute(_HEAD).scalar_one())


def _epoch(db: Session) -> Any:
    return db.execute(_EPOCH).scalar_one()
