"""A load on a service: users connected, a warm-up, the measured time, and the last answers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from bench.clients.tally import Tally
from bench.clients.user import User, clock
from bench.groups import in_turns
from bench.problems import BenchError
from bench.program import Target
from bench.service import Service
from bench.usage import Usage

DRAIN_SECONDS = 15.0
"""How long the last messages may take to be answered after nobody sends any more."""
DYING_SECONDS = 0.5
"""From a server's last connection to its end, which tells more than a lost connection."""


@dataclass(frozen=True, slots=True)
class Span:
    """The measured time. `passed` is how far `progress` went in it."""

    start: float
    end: float
    usage: Usage
    passed: int

    @property
    def seconds(self) -> float:
        return self.end - self.start

    @property
    def generator_busy(self) -> float:
        return round(self.usage.generator / self.seconds, 2)


async def connect(users: Iterable[User], source: str | None = None) -> list[User]:
    """All are ready, in order. `source` is the address they come from."""
    loop = asyncio.get_running_loop()
    local = (source, 0) if source else None

    async def one(user: User) -> User:
        place = user.place
        await loop.create_connection(lambda: user, place.host, place.port, local_addr=local)
        await user.ready
        return user

    return await in_turns(one, users)


@contextlib.asynccontextmanager
async def connected(users: Iterable[User]) -> AsyncIterator[list[User]]:
    everybody = list(users)
    try:
        yield await connect(everybody)
    finally:
        for user in everybody:
            user.close()


async def put_under_load(
    service: Service,
    tally: Tally,
    start: Callable[[], None],
    *,
    warm_up: float,
    seconds: float,
    progress: Callable[[], int] = lambda: 0,
) -> Span:
    """Raises BenchError as soon as a connection is lost."""
    tally.sending = True
    start()
    await while_whole(service, tally, warm_up)
    used, passed, tally.counting_from = service.usage(), progress(), clock()
    await while_whole(service, tally, seconds)
    tally.counting_until = clock()
    passed, used = progress() - passed, service.usage().since(used)
    tally.stop_sending()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(tally.over.wait(), DRAIN_SECONDS)
    return Span(tally.counting_from, tally.counting_until, used, passed)


def all_of(users: Iterable[User]) -> Callable[[], None]:
    """Starts them."""

    def start() -> None:
        for user in users:
            user.start()

    return start


def each_in_its_time(users: Sequence[User], seconds: float) -> Callable[[], None]:
    """Starts them, evenly spread over this time: people do not begin as one."""

    def start() -> None:
        loop = asyncio.get_running_loop()
        for number, user in enumerate(users):
            loop.call_later(seconds * number / len(users), user.start)

    return start


async def while_whole(service: Service, tally: Tally, seconds: float) -> None:
    """Waits. Raises BenchError as soon as a connection is lost."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(tally.broken.wait(), seconds)
        await raise_broken(service.target, tally)


async def raise_broken(target: Target, tally: Tally) -> NoReturn:
    """A server that has ended tells why; what the connections tell comes second."""
    await asyncio.sleep(DYING_SECONDS)
    target.check_alive()
    raise BenchError(f"The run was cut off: {', '.join(tally.errors)}")
