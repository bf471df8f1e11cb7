from random import SystemRandom

_RANDOM = SystemRandom()


class Backoff:
    """Full jitter: each delay is uniform between 0 and a ceiling that doubles up to `cap`.

    Seconds. Jitter over the whole range keeps clients that lost one server from returning together.
    """

    def __init__(self, base: float = 0.5, cap: float = 15.0) -> None:
        if not 0 < base <= cap:
            raise ValueError("backoff needs 0 < base <= cap")
        self._base = base
        self._cap = cap
        self._ceiling = base

    def next(self) -> float:
        delay = _RANDOM.uniform(0, self._ceiling)
        self._ceiling = min(self._cap, self._ceiling * 2)
        return delay

    def reset(self) -> None:
        self._ceiling = self._base
