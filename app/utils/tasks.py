import asyncio
from collections.abc import Coroutine
from typing import Any

PAUSE_S = 0.1


async def end(*tasks: "asyncio.Task[None]") -> None:
    """Cancels them, and waits until they have ended. Again and again, since `asyncio.wait_for`
    drops a cancellation that comes in the moment in which it is done (python/cpython#86296)."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=PAUSE_S)


async def either(*works: Coroutine[Any, Any, None]) -> None:
    """Until the first of them ends; the others are cancelled."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end(*tasks)
