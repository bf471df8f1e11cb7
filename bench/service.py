"""What a measurement needs of whatever it measures: this service, or a peer of it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import httpx2

from bench.clients.member import Listener, Sender
from bench.clients.room import Room
from bench.clients.socket_user import SocketUser
from bench.clients.tally import Tally
from bench.clients.transcript import Transcript
from bench.clients.user import Place, User
from bench.groups import Group, client, create_groups, stored_in
from bench.loop import run_fast
from bench.problems import BenchError
from bench.program import Target
from bench.stage import Stage
from bench.usage import Usage, usage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seat:
    """Of the member with this number in a room."""

    room: Room
    number: int
    sends: bool


class Service(Protocol):
    @property
    def target(self) -> Target: ...

    @property
    def database_pid(self) -> int | None: ...

    def usage(self) -> Usage:
        """CPU time so far."""
        ...

    async def create_groups(self, count: int, size: int) -> list[Group]: ...

    async def stored_in(self, groups: Sequence[Group]) -> list[int]:
        """How many messages each of them has in the database."""
        ...

    def user(self, place: Place, tally: Tally) -> User:
        """Who sends into a group of its own."""
        ...

    def room(self, members: int) -> Room: ...

    def member(self, place: Place, tally: Tally, seat: Seat) -> User: ...


@dataclass(frozen=True)
class OnStage:
    stage: Stage

    @property
    def target(self) -> Target:
        return self.stage.target

    @property
    def database_pid(self) -> int | None:
        return self.stage.database_pid

    def usage(self) -> Usage:
        return usage(self.target.pid, self.database_pid)


@dataclass(frozen=True)
class ImService(OnStage):
    """This service, or any other with its addresses and frames."""

    http: httpx2.AsyncClient
    kind: type[User] = SocketUser

    async def create_groups(self, count: int, size: int) -> list[Group]:
        return await create_groups(self.http, count, size)

    async def stored_in(self, groups: Sequence[Group]) -> list[int]:
        return await stored_in(self.http, groups)

    def user(self, place: Place, tally: Tally) -> User:
        return self.kind(place, tally)

    def room(self, members: int) -> Room:
        return Transcript(members)

    def member(self, place: Place, tally: Tally, seat: Seat) -> User:
        assert isinstance(seat.room, Transcript)  # noqa: S101 - made above
        kind = Sender if seat.sends else Listener
        return kind(place, tally, seat.room, seat.number)


@asynccontextmanager
async def service_on(
    stage: Stage, of: Callable[[Stage, httpx2.AsyncClient], Service] = ImService
) -> AsyncIterator[Service]:
    """What fails in the block fails as BenchError, with the server's last words where it died."""
    async with client(stage.target.url) as http:
        with failures_told(stage.target):
            yield of(stage, http)


def measured_on(
    stage: Stage,
    measure: Callable[[Service], Awaitable[T]],
    of: Callable[[Stage, httpx2.AsyncClient], Service] = ImService,
) -> T:
    """Runs an event loop for it. Raises BenchError."""

    async def whole() -> T:
        async with service_on(stage, of) as service:
            return await measure(service)

    return run_fast(whole())


@contextmanager
def failures_told(target: Target) -> Iterator[None]:
    try:
        yield
    except (httpx2.HTTPError, OSError) as error:
        target.check_alive()
        raise BenchError(f"The service failed: {str(error) or type(error).__name__}") from error
