"""The measurement of `im bench ai`: what the service adds to the AI's own time."""

from dataclasses import dataclass

from bench.ai_stage import Simulated
from bench.ai_times import OwnTime, own_times
from bench.clients.asker import Asker
from bench.clients.patient import Patient
from bench.clients.reply import Reply
from bench.clients.tally import Tally
from bench.clients.user import Place
from bench.cpu import seconds_of_tree
from bench.groups import client
from bench.load import Span, connected, each_in_its_time, put_under_load
from bench.patients import Record, create_patients, records_of
from bench.program import Target
from bench.service import Service


@dataclass(frozen=True, slots=True)
class Plan:
    users: int
    ai: Simulated
    seconds: float
    warm_up: float
    size: int


@dataclass(frozen=True, slots=True)
class Run:
    """Of users who wait for each reply. `replies` are those of the whole run."""

    tally: Tally
    span: Span
    replies: list[Reply]

    @property
    def counted(self) -> list[Reply]:
        """Those received in the measured time."""
        span = self.span
        return [r for r in self.replies if span.start <= r.received_at < span.end]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`direct` is the AI service alone. `run.span.passed` is its CPU time during the run, in
    milliseconds; `own` are its own times, by record."""

    direct: Run
    run: Run
    records: list[Record]
    own: dict[str, OwnTime]
    stored: int

    @property
    def timed(self) -> list[tuple[Reply, Record, OwnTime]]:
        """Of the counted replies those whose own time the AI service still knows."""
        records = {record.user_message_id: record for record in self.records}
        found = ((reply, records.get(reply.user_message_id)) for reply in self.run.counted)
        return [
            (reply, record, self.own[record.record_id])
            for reply, record in found
            if record is not None and record.record_id in self.own
        ]

    @property
    def faults(self) -> list[str]:
        """In which way what was measured was wrong."""
        found = self._faults_of_runs() | self._faults_of_records()
        return [fault for fault, wrong in found.items() if wrong]

    def _faults_of_runs(self) -> dict[str, bool]:
        run, tally = self.run, self.run.tally
        torn = sum(not reply.whole for reply in run.replies)
        return {
            f"{tally.in_flight} messages were never answered": tally.in_flight > 0,
            f"{tally.unexpected} messages or replies came twice or unasked": tally.unexpected > 0,
            f"{torn} replies were not what their deltas said": torn > 0,
            f"errors: {_told(tally)}": bool(tally.errors),
            f"errors of the AI service, asked directly: {_told(self.direct.tally)}": bool(
                self.direct.tally.errors
            ),
            "no reply came in the measured time": not (run.counted and self.direct.counted),
            "the AI service told none of its own times": bool(run.counted) and not self.timed,
        }

    def _faults_of_records(self) -> dict[str, bool]:
        answered = self.run.tally.acknowledged
        replies = {r.user_message_id: r.message_id for r in self.run.replies}
        recorded = {r.user_message_id: r.ai_message_id for r in self.records}
        failed = sum(not record.succeeded for record in self.records)
        twice = len(self.records) - len(recorded)
        return {
            f"{self.stored} messages are stored, not {answered} and as many replies": (
                self.stored != 2 * answered
            ),
            f"{failed} records failed or never ended": failed > 0,
            f"{twice} messages have two records": twice > 0,
            "records and replies do not agree": recorded != replies,
        }


async def ask_directly(ai: Service, plan: Plan) -> Run:
    """Raises BenchError."""
    tally, replies = Tally(), list[Reply]()
    place = Place(*ai.target.address, "", "", b"x" * plan.size, 1)
    users = (Asker(place, tally, replies, stream=plan.ai.stream) for _ in range(plan.users))
    async with connected(users) as askers:
        span = await put_under_load(
            ai, tally, each_in_its_time(askers, plan.ai.latency),
            warm_up=plan.warm_up, seconds=plan.seconds,
        )  # fmt: skip
    return Run(tally, span, replies)


async def ask_through(service: Service, ai: Target, plan: Plan, direct: Run) -> Outcome:
    """Raises BenchError."""
    address, content = service.target.address, b"x" * plan.size
    tally, replies = Tally(), list[Reply]()
    async with client(service.target.url) as http:
        groups = await create_patients(http, plan.users)
        places = [Place(*address, g.members[0], g.group_id, content, 1) for g in groups]
        async with connected(Patient(place, tally, replies) for place in places) as users:
            span = await put_under_load(
                service, tally, each_in_its_time(users, plan.ai.latency),
                warm_up=plan.warm_up, seconds=plan.seconds,
                progress=lambda: _cpu_ms(ai),
            )  # fmt: skip
        records = await records_of(http, groups)
        stored = sum(await service.stored_in(groups))
    return Outcome(direct, Run(tally, span, replies), records, await own_times(ai), stored)


def _cpu_ms(target: Target) -> int:
    return round((seconds_of_tree(target.pid or 0) or 0.0) * 1000)


def _told(tally: Tally) -> str:
    return ", ".join(f"{name}: {number}" for name, number in tally.errors.items())
