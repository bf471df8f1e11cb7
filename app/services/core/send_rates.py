"""How fast one user may send, over all of that user's connections and over HTTP."""

from app.errors import RateLimited
from app.utils.token_bucket import TokenBucket

MAX_BUCKETS = 10_000
"""Beyond so many, those of users who have been quiet are dropped: they would be full anyway."""


class SendRates:
    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._buckets: dict[str, TokenBucket] = {}

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    def take(self, user_id: str) -> None:
        """Raises RateLimited."""
        bucket = self._buckets.get(user_id) or self._new(user_id)
        if not bucket.take():
            raise RateLimited(retry_after_s=round(bucket.wait_s, 3))

    def _new(self, user_id: str) -> TokenBucket:
        if len(self._buckets) >= MAX_BUCKETS:
            self._buckets = {user: b for user, b in self._buckets.items() if not b.full}
        bucket = self._buckets[user_id] = TokenBucket(self._per_second)
        return bucket
