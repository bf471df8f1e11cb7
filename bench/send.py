"""The measurement of `im bench send`: users who send as fast as they are answered."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import httpx2

from bench import cpu
from bench.client import Place, User, clock
from bench.groups import Group, client, create_groups, in_turns, stored_in
from bench.http_user import HttpUser
from bench.problems import BenchError
from bench.socket_user import SocketUser
from bench.tally import Tally
from bench.target import Target

DRAIN_SECONDS = 15.0
"""How long the last messages may take to be answered after nobody sends any more."""
DYING_SECONDS = 0.5
"""From a server's last connection to its end, which tells more than a lost connection."""


@dataclass(frozen=True, slots=True)
class Plan:
    users: int
    seconds: float
    warm_up: float
    window: int
    size: int
    http: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds; None where nobody can tell."""

    server: float | None
    database: float | None
    generator: float

    def since(self, before: "Usage") -> "Usage":
        return Usage(
            _difference(self.server, before.server),
            _difference(self.database, before.database),
            self.generator - before.generator,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """`tally` as the users counted, `stored` as the service did: both of the whole run. `usage`
    is of the `seconds` in which latencies were taken."""

    tally: Tally
    seconds: float
    usage: Usage
    stored: int

    @property
    def verified(self) -> bool:
        """Nothing was lost or doubled."""
        return self.stored == self.tally.acknowledged and not self.tally.unexpected


async def measure(target: Target, plan: Plan, database_pid: int | None = None) -> Outcome:
    """Raises BenchError."""
    async with client(target.url) as http:
        try:
            groups = await create_groups(http, plan.users)
            tally, seconds, usage = await _load(target, plan, groups, database_pid)
            return Outcome(tally, seconds, usage, await stored_in(http, groups))
        except (httpx2.HTTPError, OSError) as error:
            target.check_alive()
            raise BenchError(f"The service failed: {str(error) or type(error).__name__}") from error


async def _load(
    target: Target, plan: Plan, groups: Sequence[Group], database_pid: int | None
) -> tuple[Tally, float, Usage]:
    tally = Tally()
    users = await _connect(target, plan, groups, tally)
    try:
        tally.sending = True
        for user in users:
            user.start()
        await _while_whole(target, tally, plan.warm_up)
        before, tally.counting_from = _usage(target, database_pid), clock()
        await _while_whole(target, tally, plan.seconds)
        tally.counting_until, after = clock(), _usage(target, database_pid)
        tally.stop_sending()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(tally.over.wait(), DRAIN_SECONDS)
    finally:
        for user in users:
            user.close()
    return tally, tally.counting_until - tally.counting_from, after.since(before)


async def _connect(target: Target, plan: Plan, groups: Sequence[Group], tally: Tally) -> list[User]:
    kind = HttpUser if plan.http else SocketUser
    host, port = target.address
    content = b"x" * plan.size

    async def connect(group: Group) -> User:
        place = Place(host, port, *group, content, plan.window)
        loop = asyncio.get_running_loop()
        _, user = await loop.create_connection(lambda: kind(place, tally), host, port)
        await user.ready
        return user

    return await in_turns(connect, groups)


async def _while_whole(target: Target, tally: Tally, seconds: float) -> None:
    """Waits. Raises BenchError as soon as a connection is lost."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(tally.broken.wait(), seconds)
        await asyncio.sleep(DYING_SECONDS)
        target.check_alive()
        raise BenchError(f"The run was cut off: {', '.join(tally.errors)}")


def _usage(target: Target, database_pid: int | None) -> Usage:
    return Usage(
        cpu.seconds_of_tree(target.pid) if target.pid else None,
        cpu.seconds_of_tree(database_pid) if database_pid else None,
        cpu.seconds_here(),
    )


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before
