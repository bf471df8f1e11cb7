import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(
    look: Callable[[], Awaitable[T]], holds: Callable[[T], bool], timeout_s: float = 15.0
) -> T:
    """Looks again until it holds; fails with what was seen last."""
    deadline = time.monotonic() + timeout_s
    while True:
        seen = await look()
        if holds(seen):
            return seen
        assert time.monotonic() < deadline, f"still, after {timeout_s} s: {seen}"
        await asyncio.sleep(0.03)
