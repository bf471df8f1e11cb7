"""One run: people who talk, members who come and go, and faults, all as planned; then silence, in
which everybody must come to hold the same."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpx2

from app.models.enums import RecordStatus
from tests.guarantees.ai_records import AIOn
from tests.guarantees.client import Device
from tests.guarantees.deaf import deaf_reader
from tests.guarantees.dump import Dump, dump
from tests.guarantees.faults import FAULTS
from tests.guarantees.history import Fault, History, Memory, View
from tests.guarantees.people import Endpoint, Person
from tests.guarantees.plan import DOCTOR, Plan, PlannedFault
from tests.guarantees.public_client import PublicDevice
from tests.guarantees.registrar import Registrar, doctors_desk, open_groups
from tests.guarantees.world import World

AFTERMATH_S = 2.0
"""How long after a fault a client may still be finding out."""
PATIENCE_S = 30.0
MAY_GROW_KIB = 64 * 1024
FLOOD, FLOOD_TEXT = 1000, "x" * 4900
"""More than the kernel keeps for a client that never reads."""


class Stage:
    def __init__(self, plan: Plan, world: World, groups: list[str], history: History) -> None:
        self.plan = plan
        self.world = world
        self.groups = groups
        self.history = history
        self.people = [self._person(user) for user in plan.users]
        self.doctor = self.people[0]
        self.registrar = Registrar(plan, world.urls, groups, self.history)
        self.devices = [device for person in self.people for device in person.devices]

    async def all_back(self) -> None:
        """Every device is connected and has caught up, or it takes too long, which will show."""
        await self._patiently(lambda: all(device.caught_up for device in self.devices))

    async def play(self) -> None:
        async with _running(self.devices), self._deaf():
            await self.all_back()
            await self._measure_memory()
            self._say_whether_ai_answers()
            try:
                async with asyncio.timeout(self.plan.seconds + 2 * PATIENCE_S):
                    await self._act()
            except TimeoutError:
                pass  # what is unfinished, the checker finds
            self.world.normal()
            await self.world.whole()
            await self._come_to_rest()
            await self._measure_memory()
            self._write_views()

    async def _act(self) -> None:
        talkers = self.people[: len(self.plan.talkers)]
        async with asyncio.TaskGroup() as tasks:
            for person in talkers:
                tasks.create_task(person.talk(self.plan.seconds))
            tasks.create_task(self._conduct())
            tasks.create_task(self.registrar.work())
            if self.plan.scenario.deaf:
                tasks.create_task(self.doctor.burst(self.groups[0], FLOOD, FLOOD_TEXT))

    async def _conduct(self) -> None:
        start = self.history.now()
        for planned in self.plan.faults():
            await asyncio.sleep(planned.at - (self.history.now() - start))
            if self.history.now() - start > self.plan.seconds:
                return
            await self._inflict(planned)

    async def _inflict(self, planned: PlannedFault) -> None:
        """Written down when it is over, with the time at which it began."""
        at = self.history.now()
        try:
            await FAULTS[planned.name](self, random.Random(planned.seed))
        finally:
            until = self.history.now() + AFTERMATH_S
            self.history.write(Fault(at=at, until=until, name=planned.name, detail=planned.seed))

    async def _come_to_rest(self) -> None:
        async with doctors_desk(self.world.program.url) as http:
            if self.plan.scenario.ai:
                await self._all_answered(http)
            heads = await self._heads(http)
        await self._patiently(lambda: all(_is_whole(device, heads) for device in self.devices))
        for device in self.devices:
            with suppress(TimeoutError, OSError):
                async with asyncio.timeout(5):
                    await device.drained()

    async def _all_answered(self, http: httpx2.AsyncClient) -> None:
        """The AI has ended all that it was asked, or it takes too long, which will show."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                for group_id in self.groups:
                    while await _unanswered(http, group_id):  # noqa: ASYNC110 - another program's
                        await asyncio.sleep(0.05)

    async def _heads(self, http: httpx2.AsyncClient) -> dict[str, int]:
        heads: dict[str, int] = {}
        for group_id in self.groups:
            found = await http.get(f"/api/group/{group_id}")
            heads[group_id] = found.raise_for_status().json()["last_seq"]
        return heads

    async def _patiently(self, holds: Callable[[], bool]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while not holds():  # noqa: ASYNC110 - many devices, each at its own pace
                    await asyncio.sleep(0.02)

    def _write_views(self) -> None:
        for device in self.devices:
            for group_id, members in device.view.members.items():
                self.history.write(
                    View(
                        at=self.history.now(),
                        device=device.name,
                        group_id=group_id,
                        last_seq=device.view.last[group_id],
                        members=sorted(members) if self.plan.scenario.manner.roster else None,
                    )
                )

    def _say_whether_ai_answers(self) -> None:
        if ai := self.plan.scenario.ai:
            self.history.write(
                AIOn(
                    at=self.history.now(),
                    max_attempts=ai.max_attempts,
                    by_workers=self.plan.scenario.picture,
                )
            )

    async def _measure_memory(self) -> None:
        resident = self.world.program.resident_kib()
        self.history.write(Memory(at=self.history.now(), resident=resident, may_grow=MAY_GROW_KIB))

    @asynccontextmanager
    async def _deaf(self) -> AsyncIterator[None]:
        if not self.plan.scenario.deaf:
            yield
            return
        async with deaf_reader(self.world.program.port, "deaf", self.history):
            yield

    def _person(self, user: str) -> Person:
        past = [int(url.rpartition(":")[2]) for url in self.world.urls]
        ports = past if user == DOCTOR else [door.port for door in self.world.doors]
        devices = [self._device(name, ports) for name in self.plan.devices(user)]
        return Person(
            devices, self.groups, self.plan.operations(user), self.plan.dice("retries", user)
        )

    def _device(self, name: str, ports: list[int]) -> Endpoint:
        if self.plan.scenario.public_client:
            return PublicDevice(name, ports[0], self.history)
        dice = self.plan.dice("backoff", name)
        return Device(name, ports, self.history, self.plan.scenario.manner, dice)


async def _unanswered(http: httpx2.AsyncClient, group_id: str) -> int:
    query: dict[str, str | int] = {
        "group_id": group_id,
        "status": RecordStatus.IN_PROGRESS,
        "page_size": 1,
    }
    found = await http.get("/api/ai/interactions", params=query)
    return int(found.raise_for_status().json()["total"])


def _is_whole(device: Endpoint, heads: dict[str, int]) -> bool:
    if not device.caught_up:
        return False
    return all(device.view.last[group] == heads[group] for group in device.view.members)


@asynccontextmanager
async def _running(devices: list[Endpoint]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(device.run()) for device in devices]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        for device in devices:
            await device.close()
    for end in ends:
        if isinstance(end, Exception):
            raise end


async def run(plan: Plan, world: World, history: History) -> Dump:
    await Stage(plan, world, await open_groups(plan, world.program.url), history).play()
    await world.stop()
    return dump(world.database_url)
