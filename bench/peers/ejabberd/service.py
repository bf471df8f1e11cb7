"""ejabberd as a service that can be measured: a group is a room, archived in PostgreSQL."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg

from bench.clients.order import Order
from bench.clients.room import Room
from bench.clients.tally import Tally
from bench.clients.user import Place, User
from bench.groups import Group
from bench.peers.ejabberd.client import XmppUser
from bench.service import OnStage, Seat, Service, failures_told
from bench.stage import Stage

ARCHIVED = "SELECT username, count(*) FROM archive GROUP BY username"


@dataclass(frozen=True)
class EjabberdService(OnStage):
    database_url: str

    async def create_groups(self, count: int, size: int) -> list[Group]:
        """Names only: a room comes into being with its first member."""
        run = secrets.token_hex(4)
        return [
            Group(
                f"room_{run}_{number}@conference.localhost",
                tuple(f"bench_{run}_{number * size + member:05}" for member in range(size)),
            )
            for number in range(count)
        ]

    async def stored_in(self, groups: Sequence[Group]) -> list[int]:
        counts = await asyncio.to_thread(self._archived)
        return [counts.get(group.group_id, 0) for group in groups]

    def user(self, place: Place, tally: Tally) -> User:
        return self.member(place, tally, Seat(self.room(1), 0, sends=True))

    def room(self, members: int) -> Room:
        return Order(members)

    def member(self, place: Place, tally: Tally, seat: Seat) -> User:
        return XmppUser(place, tally, seat)

    def _archived(self) -> dict[str, int]:
        with psycopg.connect(self.database_url) as connection:
            return dict(connection.execute(ARCHIVED).fetchall())


@asynccontextmanager
async def ejabberd_service(stage: Stage) -> AsyncIterator[Service]:
    assert stage.database is not None  # noqa: S101 - a throw-away server always has one
    with failures_told(stage.target):
        yield EjabberdService(stage, stage.database.url)
