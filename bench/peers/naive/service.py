"""The naive peer as a service that can be measured."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from bench.clients.order import Order
from bench.clients.room import Room
from bench.clients.tally import Tally
from bench.clients.user import Place, User
from bench.databases import FreshDatabase
from bench.peers.naive.client import NaiveMember
from bench.program import answers_at, started_by
from bench.service import ImService, Seat, Service, service_on
from bench.stage import Stage
from bench.target import environment


class NaiveService(ImService):
    def room(self, members: int) -> Room:
        return Order(members)

    def member(self, place: Place, tally: Tally, seat: Seat) -> User:
        assert isinstance(seat.room, Order)  # noqa: S101 - made above
        return NaiveMember(place, tally, seat.room, seat.number)


@contextmanager
def naive_stage(database: FreshDatabase) -> Iterator[Stage]:
    """Run by uvicorn as it comes. Raises BenchError."""
    command = [
        sys.executable, "-m", "uvicorn", "--factory", "bench.peers.naive.server:create_app",
        "--port", "0",
    ]  # fmt: skip
    with started_by(
        command, environment(database.url), database.folder, answers_at("/docs")
    ) as target:
        yield Stage(target, database, database.shown)


@asynccontextmanager
async def naive_service(stage: Stage) -> AsyncIterator[Service]:
    async with service_on(stage, NaiveService) as service:
        yield service
