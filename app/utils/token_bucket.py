import time


class TokenBucket:
    """`rate` a second on average, `BURST_SECONDS` of that at once. A rate of 0 is no limit."""

    __slots__ = ("_at", "_tokens", "most", "rate")

    BURST_SECONDS = 2.0

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.most = max(1.0, rate * self.BURST_SECONDS)
        self._tokens = self.most
        self._at = time.monotonic()

    def take(self) -> bool:
        """False where there is nothing to take."""
        if not self.rate:
            return True
        self._fill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def owe(self) -> bool:
        """Takes what is not there, to be filled up first. False once a whole burst is owed."""
        self._tokens -= 1
        return self._tokens > -self.most

    @property
    def wait_s(self) -> float:
        """Until there is something to take."""
        return max(0.0, (1 - self._tokens) / self.rate) if self.rate else 0.0

    @property
    def full(self) -> bool:
        self._fill()
        return self._tokens >= self.most

    def _fill(self) -> None:
        now = time.monotonic()
        self._tokens = min(self.most, self._tokens + (now - self._at) * self.rate)
        self._at = now
