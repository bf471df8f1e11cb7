from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter

from ai_service.keys import guarded_route
from ai_service.schemas import CallTime, Stats
from ai_service.times import CallTimes

MAX_KEYS = 100_000
MAX_KEY_LENGTH = 255


class CallStats:
    """Which calls reached the engine, and how long those with a reply took; of the idempotency keys
    the newest are remembered, and no long ones."""

    def __init__(self, max_keys: int = MAX_KEYS) -> None:
        self._max_keys = max_keys
        self._in_progress = 0
        self.times = CallTimes(max_keys)
        self.reset()

    def reset(self) -> None:
        self._calls = 0
        self._by_key: OrderedDict[str, int] = OrderedDict()
        self.times.reset()

    def count(self, key: str | None) -> int:
        """Which call with this key it is, from 1; always 1 without one that is remembered."""
        self._calls += 1
        if key is None or len(key) > MAX_KEY_LENGTH:
            return 1
        self._by_key[key] = self._by_key.pop(key, 0) + 1
        if len(self._by_key) > self._max_keys:
            self._by_key.popitem(last=False)
        return self._by_key[key]

    @contextmanager
    def working(self) -> Iterator[None]:
        self._in_progress += 1
        try:
            yield
        finally:
            self._in_progress -= 1

    def snapshot(self) -> Stats:
        return Stats(calls=self._calls, by_key=dict(self._by_key), in_progress=self._in_progress)


def stats_router(stats: CallStats, api_key: str | None) -> APIRouter:
    router = APIRouter(route_class=guarded_route(api_key))

    @router.get("/stats")
    async def show() -> Stats:
        return stats.snapshot()

    @router.get("/stats/times")
    async def show_times() -> dict[str, CallTime]:
        """By Idempotency-Key, the newest 100,000; the last call of each."""
        return stats.times.snapshot()

    @router.delete("/stats", status_code=204)
    async def reset() -> None:
        stats.reset()

    return router
