"""All figures of one comparison, and what is asked of them."""

import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.command import Figures
from bench.usage import BUSY_SHARE


@dataclass(slots=True)
class Results:
    """`rounds` has the figures of each round, by load and by contender; `once` those of what is
    measured once, by command. What failed is told in `faults` and is missing here."""

    rounds: dict[str, dict[str, list[Figures]]] = field(default_factory=dict)
    once: dict[str, Figures] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, load: str, contender: str, figures: Figures) -> None:
        self.rounds.setdefault(load, {}).setdefault(contender, []).append(figures)
        self.check(f"{load}, {contender}", figures)

    def check(self, what: str, figures: Figures) -> None:
        if not figures["verified"]:
            self.faults += [f"{what}: {fault}" for fault in figures["faults"]]

    def median(self, load: str, contender: str, *path: str) -> float | None:
        """Over the rounds; None where there is none with this figure."""
        values = [_at(figures, path) for figures in self.rounds.get(load, {}).get(contender, [])]
        known = [value for value in values if value is not None]
        return statistics.median(known) if known else None

    def figure(self, command: str, *path: str) -> float | None:
        return _at(self.once[command], path) if command in self.once else None

    def ratio(self, load: str, key: str, of: str, to: str) -> float | None:
        ours, theirs = self.median(load, of, key), self.median(load, to, key)
        return ours / theirs if ours is not None and theirs else None

    def busy(self) -> Iterator[tuple[str, float]]:
        """Where the generator may have been what was measured, and its share of a core."""
        for load, by_contender in self.rounds.items():
            for contender in by_contender:
                busy = self.median(load, contender, "generator_busy") or 0.0
                if busy > BUSY_SHARE:
                    yield f"{load}, {contender}", busy


def _at(figures: Any, path: Iterable[str]) -> float | None:
    for name in path:
        figures = figures.get(name) if isinstance(figures, dict) else None
    return None if figures is None else float(figures)
