from collections import Counter

from app.errors import RateLimited


class ConnectionLimit:
    """How many connections one user may have at a time. 0: any number."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    @property
    def refusal(self) -> RateLimited:
        return RateLimited(f"This user has {self._most} connections already: close one of them.")

    async def enter(self, user_id: str) -> None:
        """To be followed by `leave`, once. Raises RateLimited, and then not."""
        if self._most and self._open[user_id] >= self._most:
            raise self.refusal
        self._open[user_id] += 1

    def leave(self, user_id: str) -> None:
        self._open[user_id] -= 1
        if self._open[user_id] <= 0:
            del self._open[user_id]
