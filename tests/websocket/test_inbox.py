import asyncio
from collections.abc import Awaitable, Callable

from app.websocket.inbox import Inbox
from app.websocket.wire import Message
from tests.websocket.recorder import NoWire


class Taps(NoWire):
    def __init__(self) -> None:
        self.open = True

    def pause_reading(self) -> None:
        self.open = False

    def resume_reading(self) -> None:
        self.open = True


def inbox(slow: asyncio.Event, taken: list[Message]) -> tuple[Inbox, Taps]:
    """A message that begins with "slow" is waited for."""

    def handle(message: Message) -> Awaitable[object] | None:
        taken.append(message)
        return slow.wait() if str(message).startswith("slow") else None

    taps = Taps()
    cast: Callable[[Message], Awaitable[None] | None] = handle  # type: ignore[assignment]
    return Inbox(taps, cast), taps


async def until_idle(box: Inbox) -> None:
    idle = asyncio.Event()
    box.when_idle(idle.set)
    await idle.wait()
    assert box.idle


async def test_at_once() -> None:
    """What need not be waited for is dealt with as it comes."""
    taken: list[Message] = []
    box, taps = inbox(asyncio.Event(), taken)
    box.receive("a")
    box.receive("b")
    assert taken == ["a", "b"]
    assert taps.open
    assert box.idle


async def test_those_behind_wait() -> None:
    """In their order, and the socket is not read meanwhile."""
    slow, taken = asyncio.Event(), list[Message]()
    box, taps = inbox(slow, taken)
    for message in ("slow", "b", "slow too", "d"):
        box.receive(message)
    assert (taken, taps.open) == (["slow"], False)
    slow.set()
    await until_idle(box)
    assert (taken, taps.open) == (["slow", "b", "slow too", "d"], True)


async def test_stop() -> None:
    """What waits is dropped, what is being waited for is cancelled."""
    taken: list[Message] = []
    box, _ = inbox(asyncio.Event(), taken)
    box.receive("slow")
    box.receive("b")
    box.stop()
    await until_idle(box)
    assert taken == ["slow"]
