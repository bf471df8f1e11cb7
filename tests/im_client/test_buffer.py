import asyncio

import pytest

from im_client import Event, IMClosedError, Pong, Reconnecting
from im_client.buffer import EventBuffer


def buffer_of(limit: int, taken: list[Event] | None = None) -> EventBuffer:
    return EventBuffer(limit, ([] if taken is None else taken).append)


async def test_what_was_buffered_is_read_before_the_failure() -> None:
    buffer = buffer_of(10)
    buffer.put(Pong())
    buffer.end(IMClosedError(4500, ""))

    assert await anext(buffer) == Pong()
    for _ in range(2):
        with pytest.raises(IMClosedError):
            await anext(buffer)


async def test_an_end_wakes_every_waiting_reader() -> None:
    buffer = buffer_of(10)

    async def read() -> list[object]:
        return [event async for event in buffer]

    readers = [asyncio.create_task(read()) for _ in range(2)]
    await asyncio.sleep(0)
    buffer.end()

    assert await asyncio.gather(*readers) == [[], []]


async def test_leaving_a_loop_loses_nothing() -> None:
    buffer = buffer_of(10)
    for delay in (1.0, 2.0):
        buffer.put(Reconnecting(delay, ""))

    async for event in buffer:
        assert event == Reconnecting(1.0, "")
        break

    assert await anext(buffer) == Reconnecting(2.0, "")


async def test_an_event_counts_as_taken_when_it_is_handed_out() -> None:
    taken: list[Event] = []
    buffer = buffer_of(10, taken)
    buffer.put(Pong())
    assert taken == []

    await anext(buffer)

    assert taken == [Pong()]


async def test_room_is_waited_for_until_somebody_reads() -> None:
    buffer = buffer_of(1)
    await buffer.room()
    buffer.put(Pong())
    assert buffer.full
    waiting = asyncio.create_task(buffer.room())
    await asyncio.sleep(0)
    assert not waiting.done()

    await anext(buffer)
    await waiting


async def test_the_first_end_counts() -> None:
    buffer = buffer_of(1)
    buffer.end(IMClosedError(4503, ""))
    buffer.end()

    with pytest.raises(IMClosedError):
        await anext(buffer)


def test_a_buffer_has_room_for_one_at_least() -> None:
    with pytest.raises(ValueError, match="buffer_limit must be at least 1, not 0"):
        buffer_of(0)
