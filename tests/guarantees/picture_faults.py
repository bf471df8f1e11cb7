"""What goes wrong where several programs share the work. What is killed, its supervisor starts
again."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from redis import Redis

from app.up import postgres, redis
from tests.guarantees import picture_program
from tests.guarantees.ai_records import Died
from tests.guarantees.lines import half_open, slow, some
from tests.guarantees.picture_world import PictureWorld
from tests.guarantees.points import ANSWERED, POINTS, PROMISED
from tests.support.fault_proxy import Direction, FaultProxy

if TYPE_CHECKING:
    from tests.guarantees.stage import Stage

PASSES_WITHIN_S = 3.0
HOUR_S = 3600


async def instance_kill(stage: "Stage", dice: random.Random) -> None:
    world = _picture(stage)
    await world.down(_instance(world, dice), signal.SIGKILL, dice.uniform(0, 1))
    await _all_back(stage)


async def instance_restart(stage: "Stage", dice: random.Random) -> None:
    """Orderly, one after the other."""
    world = _picture(stage)
    await world.whole()
    await world.whole()
    for name in dice.sample(world.picture.plan.instances, k=dice.choice((1, 2))):
        code = await world.down(name, signal.SIGTERM, 0)
        assert code == 0, f"{name} ended with {code}"
        await _all_back(stage)


async def instance_freeze(stage: "Stage", dice: random.Random) -> None:
    world = _picture(stage)
    await _freeze(world, _instance(world, dice), dice.uniform(0.2, 4))
    await _all_back(stage)


async def instance_die(stage: "Stage", dice: random.Random) -> None:
    """The message and its record are committed, and nobody has been told."""
    world = _picture(stage)
    await _die(stage, _instance(world, dice), PROMISED, dice)


async def bus_kill(stage: "Stage", dice: random.Random) -> None:
    """Redis comes back empty."""
    await _picture(stage).down(redis.NAME, signal.SIGKILL, dice.uniform(0, 2))
    await _all_back(stage)


async def bus_flush(stage: "Stage", dice: random.Random) -> None:
    await asyncio.to_thread(_flush, _picture(stage).picture.redis_url)


async def bus_cut(stage: "Stage", dice: random.Random) -> None:
    for link in some(_bus(stage, dice), dice):
        dice.choice((link.cut, link.reset))()


async def bus_down(stage: "Stage", dice: random.Random) -> None:
    """One program cannot reach Redis, and all others can."""
    proxy = _bus(stage, dice)
    proxy.refuse(refusing=True)
    for link in tuple(proxy.links):
        link.reset()
    await asyncio.sleep(dice.uniform(0.1, 3))
    proxy.normal()


async def bus_half_open(stage: "Stage", dice: random.Random) -> None:
    await half_open(_bus(stage, dice), dice)


async def bus_slow(stage: "Stage", dice: random.Random) -> None:
    await slow(_bus(stage, dice), dice)


async def store_crash(stage: "Stage", dice: random.Random) -> None:
    """`pg_ctl stop -m immediate`: no checkpoint, no goodbye; the next start recovers."""
    await _picture(stage).down(postgres.NAME, signal.SIGQUIT, dice.uniform(0, 0.5))
    await _all_back(stage)


async def worker_kill(stage: "Stage", dice: random.Random) -> None:
    world = _picture(stage)
    await world.down(_worker(world, dice), signal.SIGKILL, dice.uniform(0, 1))


async def worker_restart(stage: "Stage", dice: random.Random) -> None:
    world = _picture(stage)
    await world.whole()
    await world.whole()
    code = await world.down(_worker(world, dice), signal.SIGTERM, 0)
    assert code == 0, f"a worker ended with {code}"


async def worker_freeze(stage: "Stage", dice: random.Random) -> None:
    """Perhaps for longer than its leases last."""
    world = _picture(stage)
    await _freeze(world, _worker(world, dice), dice.uniform(0.2, 3))


async def worker_die(point: str, stage: "Stage", dice: random.Random) -> None:
    await _die(stage, _worker(_picture(stage), dice), point, dice)


async def worker_deaf(stage: "Stage", dice: random.Random) -> None:
    """Its lines to Redis are whole, as it seems, and say nothing; in time it ends itself."""
    world = _picture(stage)
    links = set(world.buses[_worker(world, dice)].links)
    for link in links:
        link.freeze((Direction.TO_CLIENT,))
    await asyncio.sleep(dice.uniform(1, 4))
    for link in links:
        link.thaw()


async def clock(stage: "Stage", dice: random.Random) -> None:
    """One program is started again with a clock that is an hour off; a worker then ends at a point,
    and comes back with the right one, while what it had leased waits for others."""
    world = _picture(stage)
    name = dice.choice([*world.picture.plan.instances, *world.picture.plan.crew])
    off = {picture_program.VARIABLE: str(dice.choice((-HOUR_S, HOUR_S)))}
    world.picture.env_of[name] |= off
    await world.down(name, signal.SIGKILL, 0)
    await _all_back(stage)
    if name in world.picture.plan.crew:
        del world.picture.env_of[name][picture_program.VARIABLE]
        await _die(stage, name, ANSWERED, dice)


PICTURE_FAULTS: dict[str, Callable[["Stage", random.Random], Awaitable[None]]] = {
    fault.__name__: fault
    for fault in (
        instance_kill, instance_restart, instance_freeze, instance_die,
        bus_kill, bus_flush, bus_cut, bus_down, bus_half_open, bus_slow, store_crash,
        worker_kill, worker_restart, worker_freeze, worker_deaf, clock,
    )
}  # fmt: skip
WORKER_POINTS = tuple(point for point in POINTS if point != PROMISED)
PICTURE_FAULTS |= {f"worker_die {point}": partial(worker_die, point) for point in WORKER_POINTS}


def _picture(stage: "Stage") -> PictureWorld:
    assert isinstance(stage.world, PictureWorld), "this fault needs the picture"
    return stage.world


def _instance(world: PictureWorld, dice: random.Random) -> str:
    return dice.choice(world.picture.plan.instances)


def _worker(world: PictureWorld, dice: random.Random) -> str:
    return dice.choice(world.picture.plan.crew)


def _bus(stage: "Stage", dice: random.Random) -> FaultProxy:
    buses = _picture(stage).buses
    return buses[dice.choice(list(buses))]


async def _all_back(stage: "Stage") -> None:
    """Programs and devices."""
    await _picture(stage).whole()
    await stage.all_back()


async def _freeze(world: PictureWorld, name: str, seconds: float) -> None:
    await world.whole()
    world.picture.freeze(name)
    try:
        await asyncio.sleep(seconds)
    finally:
        world.picture.thaw(name)


async def _die(stage: "Stage", name: str, point: str, dice: random.Random) -> None:
    world = _picture(stage)
    await world.whole()
    pid, told = world.picture.pid(name), world.die_files[name]
    told.write_text(f"{point} {dice.choice((0, 0, 1, 3))}")
    try:
        await asyncio.to_thread(_wait_for_end, world, name, pid)
    finally:
        told.unlink()
    if not _lives(world, name, pid):
        stage.history.write(Died(at=stage.history.now(), point=point))


def _wait_for_end(world: PictureWorld, name: str, pid: int) -> None:
    program = world.picture.programs[name]
    for _ in range(int(PASSES_WITHIN_S / 0.05)):
        if not program.runs or program.pid != pid:
            return
        time.sleep(0.05)


def _lives(world: PictureWorld, name: str, pid: int) -> bool:
    program = world.picture.programs[name]
    return program.runs and program.pid == pid


def _flush(url: str) -> None:
    with Redis.from_url(url) as client:
        client.flushall()
