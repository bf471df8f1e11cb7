"""What all users of one run count together."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Latencies are in seconds, of the messages acknowledged from `counting_from` on and before
    `counting_until` (both of `time.perf_counter`); all else counts the whole run."""

    counting_from: float = float("inf")
    counting_until: float = float("inf")
    sending: bool = False
    in_flight: int = 0
    acknowledged: int = 0
    unexpected: int = 0
    """Acknowledgements of what nobody waited for, such as a second one."""
    latencies: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    broken: asyncio.Event = field(default_factory=asyncio.Event)
    """A connection was lost; the run ends early."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Nobody sends any more, and everything is answered or never will be."""

    def acknowledge(self, sent_at: float, now: float) -> None:
        self.acknowledged += 1
        self._answered()
        if self.counting_from <= now < self.counting_until:
            self.latencies.append(now - sent_at)

    def refuse(self, reason: str) -> None:
        self._answered()
        self.errors[reason] += 1

    def lose(self, reason: str) -> None:
        self.errors[reason] += 1
        self.broken.set()
        self.over.set()

    def stop_sending(self) -> None:
        self.sending = False
        if not self.in_flight:
            self.over.set()

    def _answered(self) -> None:
        self.in_flight -= 1
        if not (self.sending or self.in_flight):
            self.over.set()
