"""An idle one works at once, a busy one together; nobody suffers for a neighbour."""

import asyncio
from collections.abc import Sequence

import pytest

from app.utils.rounds import Rounds


class SharedTroubleError(Exception):
    pass


class Work:
    """Doubles numbers, one round at a time, each when it is let go."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.rounds.append(list(items))
        await self.go.wait()
        if -1 in items:
            raise ZeroDivisionError
        if -2 in items:
            raise SharedTroubleError
        return [ValueError(str(item)) if item == 13 else 2 * item for item in items]


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def doubled(work: Work) -> Rounds[int, int]:
    return Rounds(work, most=3, shared=SharedTroubleError)


async def test_what_comes_together_is_done_together(work: Work, doubled: Rounds[int, int]) -> None:
    """In one turn of the loop, or while a round runs; never more than `most` at a time."""
    assert await doubled.do(1) == 2
    work.go.clear()
    first = asyncio.create_task(doubled.do(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(doubled.do(number)) for number in range(2, 6)]
    await asyncio.sleep(0)
    work.go.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6, 8, 10]
    assert work.rounds == [[1], [1], [2, 3, 4], [5]]


async def test_an_error_of_ones_own(doubled: Rounds[int, int]) -> None:
    """Is raised for that item alone."""
    found = await asyncio.gather(*map(doubled.do, (1, 13, 2)), return_exceptions=True)
    assert found[::2] == [2, 4]
    assert isinstance(found[1], ValueError)


async def test_an_item_that_breaks_the_round(work: Work, doubled: Rounds[int, int]) -> None:
    """Its neighbours are done by themselves, and so is what comes later."""
    found = await asyncio.gather(*map(doubled.do, (1, -1, 2)), return_exceptions=True)
    assert found[::2] == [2, 4]
    assert isinstance(found[1], ZeroDivisionError)
    assert work.rounds == [[1, -1, 2], [1], [-1], [2]]
    assert await doubled.do(5) == 10


async def test_trouble_of_all(work: Work, doubled: Rounds[int, int]) -> None:
    """Is not tried again one by one: a database that is down is down for everybody."""
    found = await asyncio.gather(*map(doubled.do, (1, -2, 2)), return_exceptions=True)
    assert {type(one) for one in found} == {SharedTroubleError}
    assert len(work.rounds) == 1


async def test_a_caller_that_goes_away(work: Work, doubled: Rounds[int, int]) -> None:
    """Takes nothing back and harms nobody."""
    work.go.clear()
    gone, stays = asyncio.create_task(doubled.do(1)), asyncio.create_task(doubled.do(2))
    await asyncio.sleep(0)
    gone.cancel()
    work.go.set()
    assert await stays == 4
    assert work.rounds == [[1, 2]]
