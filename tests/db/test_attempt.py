"""A server that neither answers nor goes away, behind a network that has stopped."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from app.db.session import AsyncDoor, nothing_to_deliver
from app.errors import DatabaseUnavailable
from tests.support.behind_proxy import behind_proxy
from tests.support.databases import Databases
from tests.support.fault_proxy import FaultProxy, Shape

TIMEOUT_S = 0.3
Behind = tuple[AsyncDoor, FaultProxy]
pytestmark = pytest.mark.parametrize("databases", ["postgresql", "mariadb"], indirect=True)


@pytest.fixture
async def door_and_proxy(databases: Databases) -> AsyncIterator[Behind]:
    async with behind_proxy(databases, TIMEOUT_S) as (database, proxy):
        door = AsyncDoor(database, nothing_to_deliver)
        yield door, proxy
        await door.close()


async def select(door: AsyncDoor) -> int:
    return int(await door.read(lambda db: db.execute(text("SELECT 1")).scalar_one()))


async def test_half_open(door_and_proxy: Behind) -> None:
    """Callers are told in time, and no thread is lost: as soon as the network is whole again the
    next callers are served, though the old connections never came back."""
    door, proxy = door_and_proxy
    assert await select(door) == 1
    for link in proxy.links:
        link.freeze()
    answers = await asyncio.gather(*(select(door) for _ in range(8)), return_exceptions=True)
    assert any(isinstance(answer, DatabaseUnavailable) for answer in answers)
    assert all(answer == 1 or isinstance(answer, DatabaseUnavailable) for answer in answers)
    found = await asyncio.gather(*(select(door) for _ in range(16)), return_exceptions=True)
    assert found.count(1) >= 15
    assert await select(door) == 1


async def test_connecting_has_no_end(door_and_proxy: Behind) -> None:
    """A server that accepts connections, and then drips, costs callers their time and no thread."""
    door, proxy = door_and_proxy
    proxy.shape(Shape(bytes_per_s=2))
    answers = await asyncio.gather(*(select(door) for _ in range(6)), return_exceptions=True)
    assert all(isinstance(answer, DatabaseUnavailable) for answer in answers)
    proxy.normal()
    async with asyncio.timeout(10):
        found: list[object] = []
        while found != [1] * 8:
            found = await asyncio.gather(*(select(door) for _ in range(8)), return_exceptions=True)


async def test_given_up_before_it_began(door_and_proxy: Behind) -> None:
    """Work that only finds a connection when nobody waits any more is not done."""
    door, _ = door_and_proxy
    held, free = threading.Event(), threading.Event()
    done: list[int] = []

    def hold(_db: object) -> None:
        held.set()
        free.wait(10)

    first = [asyncio.create_task(door.run(hold)) for _ in range(4)]
    await asyncio.to_thread(held.wait, 10)
    with pytest.raises(DatabaseUnavailable):
        await door.run(lambda _db: done.append(1))
    free.set()
    await asyncio.gather(*first, return_exceptions=True)
    await door.run(lambda _db: None)
    assert done == []
