"""What goes wrong: each fault does its harm and makes good again, as its own dice say."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from tests.guarantees.ai_records import Died
from tests.guarantees.lines import directions, reset_all, some
from tests.guarantees.lines import half_open as half_open_lines
from tests.guarantees.lines import slow as slow_lines
from tests.guarantees.picture_faults import PICTURE_FAULTS
from tests.guarantees.points import POINTS
from tests.support.fault_proxy import FaultProxy

if TYPE_CHECKING:
    from tests.guarantees.stage import Stage

MISSED = range(501, 620)
"""More than one sync brings back."""
PATIENCE_S = 15.0
PASSES_WITHIN_S = 3.0


async def cut(stage: "Stage", dice: random.Random) -> None:
    """FIN in the middle of whatever is said."""
    for link in some(_door(stage, dice), dice):
        link.cut()


async def reset(stage: "Stage", dice: random.Random) -> None:
    for link in some(_door(stage, dice), dice):
        link.reset()


async def half_open(stage: "Stage", dice: random.Random) -> None:
    """Both ends believe in the connection. In the end it works again, or is found to be dead."""
    await half_open_lines(_door(stage, dice), dice)


async def dead_line(stage: "Stage", dice: random.Random) -> None:
    """Half-open until the clients' heartbeat gives up, each on its own."""
    links = some(stage.world.proxy, dice)
    for link in links:
        link.freeze(directions(dice))
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while stage.world.proxy.links & set(links):  # noqa: ASYNC110 - links come and go by themselves
                await asyncio.sleep(0.05)
    reset_all(links)


async def slow(stage: "Stage", dice: random.Random) -> None:
    await slow_lines(_door(stage, dice), dice)


async def storm(stage: "Stage", dice: random.Random) -> None:
    """All are thrown out, cannot come back for a while, and then come back at once."""
    proxy = stage.world.proxy
    proxy.refuse(refusing=True)
    reset_all(proxy.links)
    await asyncio.sleep(dice.uniform(0.3, 1.0))
    proxy.normal()
    await stage.all_back()


async def kill(stage: "Stage", dice: random.Random) -> None:
    await stage.world.kill()
    await asyncio.sleep(dice.uniform(0, 0.2))
    await stage.world.start()
    await stage.all_back()


async def stop(stage: "Stage", dice: random.Random) -> None:
    """SIGTERM: an orderly end, whatever is under way."""
    code = await stage.world.stop()
    assert code == 0, f"the server ended with {code}"
    await stage.world.start()
    await stage.all_back()


async def absence(stage: "Stage", dice: random.Random) -> None:
    """A device is away while more is said than one sync brings."""
    device = dice.choice(stage.devices[1:])
    device.online.clear()
    device.drop()
    await stage.doctor.burst(stage.groups[0], dice.choice(MISSED))
    device.online.set()
    await stage.all_back()


async def disk_full(stage: "Stage", dice: random.Random) -> None:
    """No file grows beyond a limit that may be far below what they have. Making room is enough, or
    it takes a restart."""
    stage.world.program.limit_files(dice.choice((0, 1, 4096, 50_000, 200_000)))
    await asyncio.sleep(dice.uniform(0.2, 1.0))
    if dice.random() < 0.5:
        await stage.world.kill()
        await stage.world.start()
    else:
        stage.world.program.limit_files(None)
    await stage.all_back()


async def database_crash(stage: "Stage", dice: random.Random) -> None:
    server = stage.world.server
    assert server is not None, "this fault needs a database server of its own"
    await asyncio.to_thread(server.crash)
    await asyncio.sleep(dice.uniform(0, 0.3))
    await asyncio.to_thread(server.start)


async def database_cut(stage: "Stage", dice: random.Random) -> None:
    for link in some(_database(stage), dice):
        dice.choice((link.cut, link.reset))()


async def database_half_open(stage: "Stage", dice: random.Random) -> None:
    await half_open_lines(_database(stage), dice)


async def database_slow(stage: "Stage", dice: random.Random) -> None:
    await slow_lines(_database(stage), dice)


async def die(point: str, stage: "Stage", dice: random.Random) -> None:
    """The program ends itself there, and is started again."""
    program, told = stage.world.program, stage.world.die_at
    assert told is not None
    told.write_text(f"{point} {dice.choice((0, 0, 1, 3))}")
    try:
        died = await asyncio.to_thread(program.has_died, PASSES_WITHIN_S)
    finally:
        told.unlink()
    if died or await asyncio.to_thread(program.has_died, 0.1):
        stage.history.write(Died(at=stage.history.now(), point=point))
        await asyncio.sleep(dice.uniform(0, 0.2))
        await stage.world.start()
    await stage.all_back()


async def freeze(stage: "Stage", dice: random.Random) -> None:
    """The program stands still, perhaps for longer than its leases last."""
    with stage.world.program.standing_still():
        await asyncio.sleep(dice.uniform(0.2, 1.5))


async def rival(stage: "Stage", dice: random.Random) -> None:
    """While the program stands still, another takes its work up; then it goes on, with results that
    come too late. What the other has stored is told to nobody, so all come back to be told."""
    other = stage.world.rival
    assert other is not None, "this fault needs a database that serves two"
    try:
        with stage.world.program.standing_still():
            await asyncio.to_thread(other.start)
            await asyncio.sleep(dice.uniform(0.3, 1.2))
        await asyncio.sleep(dice.uniform(0, 0.5))
    finally:
        await asyncio.to_thread(dice.choice((other.stop, other.kill)))
    for device in stage.devices:
        device.drop()
    await stage.all_back()


async def ai_cut(stage: "Stage", dice: random.Random) -> None:
    for link in some(_ai(stage), dice):
        dice.choice((link.cut, link.reset))()


async def ai_down(stage: "Stage", dice: random.Random) -> None:
    """Nobody is there, for longer than all attempts take, or shorter."""
    proxy = _ai(stage)
    proxy.refuse(refusing=True)
    reset_all(proxy.links)
    await asyncio.sleep(dice.uniform(0.1, 1.0))
    proxy.normal()


async def ai_half_open(stage: "Stage", dice: random.Random) -> None:
    await half_open_lines(_ai(stage), dice)


async def ai_slow(stage: "Stage", dice: random.Random) -> None:
    await slow_lines(_ai(stage), dice)


FAULTS: dict[str, Callable[["Stage", random.Random], Awaitable[None]]] = {
    fault.__name__: fault
    for fault in (
        cut, reset, half_open, dead_line, slow, storm, kill, stop, absence, disk_full,
        database_crash, database_cut, database_half_open, database_slow,
        freeze, rival, ai_cut, ai_down, ai_half_open, ai_slow,
    )
}  # fmt: skip
FAULTS |= {f"die {point}": partial(die, point) for point in POINTS}
FAULTS |= PICTURE_FAULTS


def _door(stage: "Stage", dice: random.Random) -> FaultProxy:
    return dice.choice(stage.world.doors)


def _ai(stage: "Stage") -> FaultProxy:
    proxy = stage.world.ai_proxy
    assert proxy is not None, "this fault needs an AI service"
    return proxy


def _database(stage: "Stage") -> FaultProxy:
    proxy = stage.world.database_proxy
    assert proxy is not None, "this fault needs a database behind a proxy"
    return proxy
