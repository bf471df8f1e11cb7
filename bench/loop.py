import asyncio
import contextlib
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_fast(work: Coroutine[Any, Any, T]) -> T:
    """On uvloop where there is one, so that the generator costs as little as it can."""
    if sys.platform == "win32":
        return asyncio.run(work)
    import uvloop  # noqa: PLC0415 - not for Windows

    return uvloop.run(work)


def most_connections() -> int:
    """How many files this process, and the server it starts, may have open."""
    if sys.platform == "win32":
        return sys.maxsize
    import resource  # noqa: PLC0415 - not for Windows

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def allow_many_connections() -> None:
    """As many open files as the system lets this process, and the server it starts, have."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not for Windows

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):  # macOS has a lower limit than it tells
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
