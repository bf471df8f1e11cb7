"""What a proxy does to some of its links, as the dice say."""

import asyncio
import random
from collections.abc import Iterable

from tests.support.fault_proxy import BOTH, Direction, FaultProxy, Link, Shape


async def half_open(proxy: FaultProxy, dice: random.Random) -> None:
    links = some(proxy, dice)
    for link in links:
        link.freeze(directions(dice))
    await asyncio.sleep(dice.uniform(0.1, 0.8))
    if dice.random() < 0.5:
        reset_all(links)
    for link in links:
        link.thaw()


async def slow(proxy: FaultProxy, dice: random.Random) -> None:
    rate = dice.choice((None, 20_000, 100_000))
    shape = Shape(delay_s=dice.uniform(0.005, 0.05), bytes_per_s=rate)
    proxy.shape(shape, directions(dice))
    await asyncio.sleep(dice.uniform(0.2, 1.0))
    proxy.normal()


def some(proxy: FaultProxy, dice: random.Random) -> list[Link]:
    share = dice.choice((0.2, 0.5, 1.0))
    return [link for link in proxy.links if dice.random() < share]


def reset_all(links: Iterable[Link]) -> None:
    for link in tuple(links):
        link.reset()


def directions(dice: random.Random) -> tuple[Direction, ...]:
    return dice.choice((BOTH, (Direction.TO_SERVER,), (Direction.TO_CLIENT,)))
