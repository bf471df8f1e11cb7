import asyncio

import pytest

from im_client import IMClosedError, Pong, Reconnecting
from im_client.buffer import EventBuffer


async def test_what_was_buffered_is_read_before_the_failure() -> None:
    buffer = EventBuffer(10)
    await buffer.put(Pong())
    buffer.end(IMClosedError(4500, ""))

    assert await anext(buffer) == Pong()
    for _ in range(2):
        with pytest.raises(IMClosedError):
            await anext(buffer)


async def test_an_end_wakes_every_waiting_reader() -> None:
    buffer = EventBuffer(10)

    async def read() -> list[object]:
        return [event async for event in buffer]

    readers = [asyncio.create_task(read()) for _ in range(2)]
    await asyncio.sleep(0)
    buffer.end()

    assert await asyncio.gather(*readers) == [[], []]


async def test_leaving_a_loop_loses_nothing() -> None:
    buffer = EventBuffer(10)
    for delay in (1.0, 2.0):
        await buffer.put(Reconnecting(delay, ""))

    async for event in buffer:
        assert event == Reconnecting(1.0, "")
        break

    assert await anext(buffer) == Reconnecting(2.0, "")


async def test_a_full_buffer_holds_the_writer_until_somebody_reads() -> None:
    buffer = EventBuffer(1)
    await buffer.put(Pong())
    writer = asyncio.create_task(buffer.put(Pong()))
    await asyncio.sleep(0)
    assert not writer.done()

    await anext(buffer)
    await writer


async def test_the_first_end_counts() -> None:
    buffer = EventBuffer(1)
    buffer.end(IMClosedError(4503, ""))
    buffer.end()

    with pytest.raises(IMClosedError):
        await anext(buffer)
