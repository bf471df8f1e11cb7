import asyncio
from collections.abc import Coroutine
from typing import Any


async def until_one_fails(*works: Coroutine[Any, Any, None]) -> None:
    """Runs them side by side. The first to fail ends the others, and its error is raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            if task in done:
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
