"""Events of several threads, told in the order in which their transactions committed."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Post = Callable[[Sequence[object]], None]


class Turns:
    """A turn is taken just before the commit, while the transaction still holds its locks. So of
    two that touch the same rows the one that commits first has the first turn, whichever thread
    happens to run first afterwards."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: deque[_Turn] = deque()

    @contextmanager
    def commit(self, post: Post, events: Sequence[object]) -> Iterator[None]:
        """Around a commit. If it succeeds, the events are posted when earlier turns are over."""
        if not events:
            yield
            return
        turn = _Turn(post)
        with self._lock:
            self._turns.append(turn)
        try:
            yield
            turn.events = events
        finally:
            self._over(turn)

    def _over(self, turn: "_Turn") -> None:
        with self._lock:
            turn.over = True
            while self._turns and self._turns[0].over:
                first = self._turns.popleft()
                if first.events:
                    first.post(first.events)


class _Turn:
    def __init__(self, post: Post) -> None:
        self.post = post
        self.events: Sequence[object] = ()
        self.over = False
