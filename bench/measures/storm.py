"""The measurement of `im bench storm`: clients that drop all at once and come back all at once."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.clients.returner import Returner
from bench.clients.socket_user import SocketUser
from bench.clients.tally import Tally
from bench.clients.user import Place, clock
from bench.clients.view import View
from bench.groups import Group
from bench.load import Span, connect, connected, raise_broken
from bench.problems import BenchError
from bench.service import Service
from bench.stage import Stage
from bench.statements import transactions
from bench.usage import usage

RECOVER_SECONDS = 120.0
WRITE_SECONDS = 120.0
LIVE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Plan:
    clients: int
    group_size: int
    missed: int
    size: int

    @property
    def groups(self) -> int:
        return self.clients // self.group_size


@dataclass(frozen=True, slots=True)
class Outcome:
    """`recovered` has the seconds from the begin of the storm, per client; `transactions` those
    of the database in it. A message more goes to each group after the storm, so every view ends
    at `missed` + 1."""

    span: Span
    recovered: list[float]
    transactions: int | None
    faults: list[str] = field(default_factory=list)


async def measure(service: Service, stage: Stage, plan: Plan) -> Outcome:
    """Raises BenchError."""
    groups = await service.create_groups(plan.groups, plan.group_size + 1)
    tally = Tally()
    writers = [SocketUser(_place(service, g, g.members[0], plan), tally) for g in groups]
    async with connected(writers):
        away = await _leave(service, groups, plan)
        await _write(service, tally, writers, plan.missed)
        before = await asyncio.to_thread(transactions, stage.database)
        back, span, recovered = await _return(service, away)
        after = await asyncio.to_thread(transactions, stage.database)
        try:
            await _write(service, tally, writers, 1)
            await _until_live(back, plan.missed + 1)
        finally:
            for client in back:
                client.close()
    spent = None if before is None or after is None else after - before
    return Outcome(span, recovered, spent, _faults(back, plan.missed + 1))


async def _leave(service: Service, groups: Sequence[Group], plan: Plan) -> list[Returner]:
    clients = [
        Returner(_place(service, group, user_id, plan), Tally(), None)
        for group in groups
        for user_id in group.members[1:]
    ]
    for client in await connect(clients):
        client.abort()
    return clients


async def _return(
    service: Service, away: Sequence[Returner]
) -> tuple[list[Returner], Span, list[float]]:
    tally, loop = Tally(), asyncio.get_running_loop()
    back = [Returner(c.place, tally, View(c.head), c.epoch) for c in away]
    used, start = usage(service.target.pid, service.database_pid), clock()

    async def come_back(client: Returner) -> float:
        place = client.place
        await loop.create_connection(lambda: client, place.host, place.port)
        return await client.recovered_at - start

    try:
        async with asyncio.timeout(RECOVER_SECONDS):
            recovered = await asyncio.gather(*map(come_back, back))
    except TimeoutError:
        missing = sum(not client.recovered_at.done() for client in back)
        message = f"{missing} of {len(back)} clients had no sync_result after {RECOVER_SECONDS:g} s"
        raise BenchError(message) from None
    spent = usage(service.target.pid, service.database_pid).since(used)
    return back, Span(start, clock(), spent, len(back)), recovered


async def _write(service: Service, tally: Tally, writers: Sequence[SocketUser], count: int) -> None:
    """So many messages into each group; all are stored at the end."""
    tally.over.clear()
    tally.sending = True
    for writer in writers:
        writer.send(count)
    tally.stop_sending()
    try:
        await asyncio.wait_for(tally.over.wait(), WRITE_SECONDS)
    except TimeoutError:
        raise BenchError(f"{tally.in_flight} messages were not acknowledged") from None
    if tally.broken.is_set() or tally.errors:
        await raise_broken(service.target, tally)


async def _until_live(clients: Sequence[Returner], head: int) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LIVE_SECONDS):
            while any(c.view is None or c.view.position < head for c in clients):  # noqa: ASYNC110 - told by a thousand sockets, which have nobody else to tell
                await asyncio.sleep(0.02)


def _faults(clients: Sequence[Returner], head: int) -> list[str]:
    return [
        f"{client.place.user_id}: {fault}"
        for client in clients
        if client.view is not None
        for fault in client.view.whole_at(head)
    ]


def _place(service: Service, group: Group, user_id: str, plan: Plan) -> Place:
    """Nobody sends by himself."""
    return Place(*service.target.address, user_id, group.group_id, b"x" * plan.size, 0)
