"""The measurement of `im bench memory`: what the server keeps of the messages it has handled."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bench.clients.tally import Tally
from bench.clients.user import Place, clock
from bench.load import DRAIN_SECONDS, Span, all_of, connected, raise_broken
from bench.memory import server_memory_kib
from bench.service import Service
from bench.usage import usage

SAMPLES = 10
LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Plan:
    messages: int
    users: int
    window: int
    size: int

    @property
    def every(self) -> int:
        return self.messages // SAMPLES


@dataclass(frozen=True, slots=True)
class Sample:
    messages: int
    kib: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The first sample is of the connected users before the first message."""

    samples: list[Sample]
    tally: Tally
    span: Span
    stored: int


async def measure(service: Service, plan: Plan) -> Outcome:
    """Raises BenchError."""
    groups = await service.create_groups(plan.users, 1)
    tally, content = Tally(sending=True), b"x" * plan.size
    host, port = service.target.address
    places = [Place(host, port, g.members[0], g.group_id, content, plan.window) for g in groups]
    async with connected(service.user(place, tally) for place in places) as users:
        samples = [Sample(0, server_memory_kib(service.target))]
        used, start = usage(service.target.pid, service.database_pid), clock()
        all_of(users)()
        for number in range(1, SAMPLES + 1):
            await _until(service, tally, number * plan.every)
            samples.append(Sample(tally.acknowledged, server_memory_kib(service.target)))
        spent = usage(service.target.pid, service.database_pid).since(used)
        span = Span(start, clock(), spent, tally.acknowledged)
        tally.stop_sending()
        await asyncio.wait_for(tally.over.wait(), DRAIN_SECONDS)
    return Outcome(samples, tally, span, sum(await service.stored_in(groups)))


async def _until(service: Service, tally: Tally, messages: int) -> None:
    while tally.acknowledged < messages:
        if tally.broken.is_set():
            await raise_broken(service.target, tally)
        await asyncio.sleep(LOOK_SECONDS)


def growth_kib(samples: Sequence[Sample]) -> float:
    """From the first to the last third of the run, once the first sample after the begin is over:
    until then a server still loads and fills what it needs."""
    warm = [sample.kib for sample in samples[2:]]
    third = max(1, len(warm) // 3)
    return sum(warm[-third:]) / third - sum(warm[:third]) / third
