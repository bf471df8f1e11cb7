"""The measurement of `im bench idle`: what a connection costs that does nothing."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.clients.idler import Idler
from bench.clients.tally import Tally
from bench.clients.user import Place, clock
from bench.cpu import seconds_here
from bench.groups import Group
from bench.load import connect, raise_broken
from bench.memory import server_memory_kib
from bench.program import Target

FIRST = 100
"""Connections that are not counted: with them a server has loaded what it needs for the others."""
PORTS = 20_000
"""Connections from one address; a system has not many more ports."""
SETTLE_SECONDS = 2.0
HEAR_SECONDS = 15.0
CALLING = 10
"""Groups that are sent a message at the end, at most."""


@dataclass(frozen=True, slots=True)
class Plan:
    connections: int
    group_size: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Memory in KiB with the first connections, and with all. `deaf` are members of the groups
    called at the end who did not hear it exactly once, of `called`."""

    before: int
    after: int
    connected_per_second: float
    generator_busy: float
    called: int
    deaf: int


async def measure(
    target: Target,
    plan: Plan,
    groups: Sequence[Group],
    kind: Callable[[Place, Tally], Idler],
    *,
    call: bool = True,
) -> Outcome:
    """Raises BenchError."""
    host, port = target.address
    tally = Tally()
    users = [
        kind(Place(host, port, member, group.group_id, b"hello", 0), tally)
        for group in groups
        for member in group.members
    ]
    try:
        await connect(users[:FIRST])
        await asyncio.sleep(SETTLE_SECONDS)
        before, start, busy = server_memory_kib(target), clock(), seconds_here()
        await _connect_all(users)
        seconds, busy = clock() - start, seconds_here() - busy
        await asyncio.sleep(SETTLE_SECONDS)
        after = server_memory_kib(target)
        if tally.broken.is_set():
            await raise_broken(target, tally)
        called = users[:: plan.group_size][:CALLING] if call else []
        deaf = await _call(called, users, tally)
    finally:
        for user in users:
            user.close()
    rate = (len(users) - FIRST) / seconds
    return Outcome(before, after, rate, busy / seconds, len(called) * plan.group_size, deaf)


async def _connect_all(users: Sequence[Idler]) -> None:
    for begin in range(0, len(users), PORTS):
        source = f"127.0.0.{2 + begin // PORTS}" if begin else None
        await connect(users[begin or FIRST : begin + PORTS], source)


async def _call(callers: Sequence[Idler], users: Sequence[Idler], tally: Tally) -> int:
    """One message into each caller's group: who of the group did not hear it exactly once, and who
    heard it outside."""
    called = {user.place.group_id for user in callers}
    tally.sending = True
    for user in callers:
        user.send(1)
    tally.stop_sending()

    def wrong() -> int:
        return sum(user.heard != (user.place.group_id in called) for user in users)

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HEAR_SECONDS):
            while wrong():  # noqa: ASYNC110 - ten thousand sockets have nobody else to tell
                await asyncio.sleep(0.05)
    return wrong()
