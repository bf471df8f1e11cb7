"""What is asked of the service, each as a question to the results."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.compare.contenders import EJABBERD, PGBENCH, SERVICE
from bench.compare.loads import ALONE, FANOUT, LATENCY, WINDOW_1, WINDOW_8
from bench.compare.results import Results

RATE, DELIVERIES = "acknowledged_per_second", "deliveries_per_second"
FLAT_MIB = 4.0


@dataclass(frozen=True, slots=True)
class Target:
    """`limit` is the least that `figure` may be, or the most where `at_most`; `unit` is shown
    after both."""

    what: str
    figure: Callable[[Results], float | None]
    limit: float
    unit: str
    at_most: bool = False

    @property
    def shown(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {_number(self.limit)}{self.unit}"

    def met(self, results: Results) -> bool | None:
        """None where it was not measured."""
        figure = self.figure(results)
        if figure is None:
            return None
        return figure <= self.limit if self.at_most else figure >= self.limit

    def shown_figure(self, results: Results) -> str:
        figure = self.figure(results)
        return "not measured" if figure is None else f"{_number(figure)}{self.unit}"

    def told(self, results: Results) -> dict[str, object]:
        """As it stands in the figures of a run."""
        return {
            "what": self.what,
            "target": self.shown,
            "figure": self.shown_figure(results),
            "met": self.met(results),
        }


def _times(load: str, key: str, peer: str) -> Callable[[Results], float | None]:
    return lambda results: results.ratio(load, key, SERVICE, peer)


def _own(load: str, *path: str) -> Callable[[Results], float | None]:
    return lambda results: results.median(load, SERVICE, *path)


def _history(results: Results) -> float | None:
    found = [results.figure("history", "deep_to_shallow", name) for name in HISTORY_READS]
    known = [ratio for ratio in found if ratio is not None]
    return max(known, default=None)


def _growth(results: Results) -> float | None:
    growth = results.figure("memory", "growth_kib")
    return None if growth is None else growth / 1024


def _statements(results: Results) -> float | None:
    count = results.figure("storm", "transactions")
    messages = results.figure("storm", "messages_recovered")
    return None if count is None or not messages else count / messages


HISTORY_READS = ("page", "before_seq", "after_seq")
SENDS = "durable sends, 100 users"
TARGETS = (
    Target(f"{SENDS}, window 1", _times(WINDOW_1, RATE, PGBENCH), 0.7, " × pgbench"),
    Target(f"{SENDS}, window 1", _times(WINDOW_1, RATE, EJABBERD), 2.5, " × ejabberd"),
    Target(f"{SENDS}, window 8", _times(WINDOW_8, RATE, PGBENCH), 1.0, " × pgbench"),
    Target(f"{SENDS}, window 8", _times(WINDOW_8, RATE, EJABBERD), 4.0, " × ejabberd"),
    Target("one user alone, p50", _own(ALONE, "latency_ms", "p50"), 3.0, " ms", at_most=True),
    Target("fan-out to 100 members", _times(FANOUT, DELIVERIES, EJABBERD), 10.0, " × ejabberd"),
    Target("fan-out to 100 members", _own(FANOUT, DELIVERIES), 200_000, " deliveries/s"),
    Target(
        "100 users in groups of 5, send to last delivery, p99",
        _own(LATENCY, "last_delivery_ms", "p99"), 15.0, " ms", at_most=True,
    ),
    Target(
        "idle connections",
        lambda results: results.figure("idle", "service", "kib_per_connection"),
        25.0, " KiB each", at_most=True,
    ),
    Target(
        "storm: all clients recovered",
        lambda results: results.figure("storm", "all_recovered_s"), 5.0, " s", at_most=True,
    ),
    Target(
        "storm: transactions for each message missed", _statements, 0.1, "", at_most=True,
    ),
    Target("history: oldest to newest page, p50", _history, 1.3, " ×", at_most=True),
    Target("memory: growth between thirds of the run", _growth, FLAT_MIB, " MiB", at_most=True),
    Target(
        "SQLite, 100 users, window 1", lambda results: results.figure("sqlite", RATE),
        5000, "/s",
    ),
)  # fmt: skip


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004 - readable digits
