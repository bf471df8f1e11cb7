"""The loads that all contenders get, in the same run, each on a database of its own."""

from dataclasses import dataclass

from bench.command import Figures
from bench.compare.contenders import Contender
from bench.databases import FreshDatabase
from bench.loop import run_fast
from bench.measures import rooms, send
from bench.reports import rooms as rooms_report
from bench.reports import send as send_report
from bench.stage import Stage

USERS = 100
WINDOW_1, WINDOW_8, ALONE = "send, window 1", "send, window 8", "send, one user"
FANOUT, LATENCY = "fanout", "latency"
LOADS = (WINDOW_1, WINDOW_8, ALONE, FANOUT, LATENCY)


@dataclass(frozen=True, slots=True)
class Load:
    name: str
    plan: send.Plan | rooms.Plan

    def on(self, contender: Contender, database: FreshDatabase) -> Figures:
        """Raises BenchError."""
        with contender.stage(database) as stage:
            return run_fast(self._measure(contender, stage))

    async def _measure(self, contender: Contender, stage: Stage) -> Figures:
        async with contender.service(stage) as service:
            if isinstance(self.plan, send.Plan):
                sent = await send.measure(service, self.plan)
                return send_report.figures(sent, self.plan, stage.shown)
            seen = await rooms.measure(service, self.plan)
            return rooms_report.figures(seen, self.plan, stage.shown)


def loads(seconds: float, warm_up: float, size: int) -> list[Load]:
    def sending(users: int, window: int) -> send.Plan:
        return send.Plan(users, seconds, warm_up, window, size)

    fanout = rooms.Plan(1, USERS, 8, seconds, warm_up, size, window=8)
    latency = rooms.Plan(USERS // 5, 5, 5, seconds, warm_up, size, rate=1.0)
    return [
        Load(WINDOW_1, sending(USERS, 1)),
        Load(WINDOW_8, sending(USERS, 8)),
        Load(ALONE, sending(1, 1)),
        Load(FANOUT, fanout),
        Load(LATENCY, latency),
    ]
