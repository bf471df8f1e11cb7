import asyncio

import pytest

from app.websocket import connection as connection_module
from app.websocket.close_codes import CloseCode
from app.websocket.connection import Connection


class Reader:
    """The other end of a socket, which takes frames only while it is awake."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.awake = asyncio.Event()
        self.awake.set()

    async def send_text(self, data: str) -> None:
        await self.awake.wait()
        self.received.append(data)


def connect(reader: Reader, max_unsent: int = 100) -> Connection:
    return Connection("conn_1", "pat", reader, max_unsent)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_frames_leave_in_order() -> None:
    """What was pushed before and after the writer's start arrives, in that order."""
    reader = Reader()
    connection = connect(reader)
    connection.push("a")
    writer = connection.start()
    connection.push("b")
    await settle()
    connection.push("c")
    await settle()
    assert reader.received == ["a", "b", "c"]
    writer.cancel()


async def test_last_frames_leave_before_the_close() -> None:
    """What is queued when the connection is closed still arrives; then the writer ends."""
    reader = Reader()
    connection = connect(reader)
    connection.push("a")
    connection.push("b")
    connection.close(CloseCode.GOING_DOWN)
    await connection.start()
    assert reader.received == ["a", "b"]


async def test_closed_connection_takes_nothing() -> None:
    """A frame after the close is refused, not lost silently."""
    connection = connect(Reader())
    connection.close(CloseCode.GOING_DOWN)
    assert not connection.push("a")


async def test_first_reason_counts() -> None:
    """A connection that is closed twice tells the first reason."""
    connection = connect(Reader())
    connection.close(CloseCode.PROTOCOL_VIOLATION)
    connection.close(CloseCode.GOING_DOWN)
    assert connection.close_code is CloseCode.PROTOCOL_VIOLATION


async def test_reader_too_slow() -> None:
    """When more piles up than allowed, the connection is closed with 4008 and the rest dropped."""
    reader = Reader()
    reader.awake.clear()
    connection = connect(reader)
    writer = connection.start()
    pushed = [connection.push("x" * 30) for _ in range(5)]
    assert pushed == [True, True, True, False, False]
    assert connection.close_code is CloseCode.READER_TOO_SLOW
    with pytest.raises(asyncio.CancelledError):
        await writer
    assert reader.received == []


async def test_what_has_left_no_longer_counts() -> None:
    """A reader that keeps up may be sent any amount."""
    reader = Reader()
    connection = connect(reader)
    writer = connection.start()
    for _ in range(50):
        assert connection.push("x" * 60)
        await settle()
    assert len(reader.received) == 50
    writer.cancel()


async def test_one_large_frame() -> None:
    """Only what waits is limited: a user in very many groups can be greeted."""
    reader = Reader()
    connection = connect(reader)
    assert connection.push("x" * 1000)
    assert not connection.push("y")
    assert connection.close_code is CloseCode.READER_TOO_SLOW


async def test_close_does_not_wait_for_a_stuck_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Last frames have a short time to leave; then the writer ends all the same."""
    monkeypatch.setattr(connection_module, "FLUSH_SECONDS", 0.02)
    reader = Reader()
    reader.awake.clear()
    connection = connect(reader)
    writer = connection.start()
    connection.push("a")
    await settle()
    connection.close(CloseCode.UNAUTHENTICATED)
    await asyncio.wait({writer}, timeout=5)
    assert writer.done()
    assert reader.received == []
