"""The measurement of `im bench ai-trouble`: writers and readers while the AI is well, or is not."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bench.ai_stage import Simulated, ai_service, asking_on, nobody_listening
from bench.databases import FreshDatabase
from bench.measures import rooms
from bench.patient_service import PatientService
from bench.patients import Record
from bench.service import Service
from bench.stage import Stage

LEFT_OUT, HEALTHY, HANGING, DEAD, FAILING = "left out", "healthy", "hanging", "dead", "failing"


@dataclass(frozen=True, slots=True)
class Case:
    """`answers` is None where the AI may answer or not. `settings` are of the service."""

    name: str
    answers: bool | None
    fail_rate: float = 0.0
    hang_rate: float = 0.0
    settings: Mapping[str, str] = field(default_factory=dict)


CASES = (
    Case(LEFT_OUT, answers=False),
    Case(HEALTHY, answers=True),
    Case(HANGING, answers=False, hang_rate=1.0, settings={"AI_FIRST_BYTE_TIMEOUT": "2"}),
    Case(DEAD, answers=False),
    Case(FAILING, answers=None, fail_rate=0.5),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """So many in each group are `patients`, the others doctors."""

    rooms: rooms.Plan
    patients: int
    ai: Simulated
    rounds: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """`for_ai`: messages of patients."""

    seen: rooms.Outcome
    for_ai: int
    records: list[Record]
    case: Case

    @property
    def faults(self) -> list[str]:
        """In which way what was measured was wrong, or was not what it is called."""
        asked, replies, answers = len(self.records), self.seen.replies, self.case.answers
        due = 0 if self.case.name == LEFT_OUT else self.for_ai
        found = {
            f"{asked} messages were for the AI, not {due}": asked != due,
            "the AI answered nothing": answers is True and not replies,
            f"the AI answered {replies} times": answers is False and replies > 0,
        }
        return [*self.seen.faults, *(fault for fault, wrong in found.items() if wrong)]


@contextmanager
def stage_of(case: Case, plan: Plan, database: FreshDatabase) -> Iterator[Stage]:
    """Raises BenchError."""
    with (
        _ai_url(case, plan.ai) as ai_url,
        asking_on(database, ai_url, stream=plan.ai.stream, defaults=case.settings) as on,
    ):
        yield on


async def measure(service: Service, case: Case, plan: Plan) -> Outcome:
    """Raises BenchError."""
    assert isinstance(service, PatientService)  # noqa: S101 - as the command makes it
    seen = await rooms.measure(service, plan.rooms)
    records = [] if case.name == LEFT_OUT else await service.records()
    replies = {record.ai_message_id for record in records} - {None}
    seen = replace(seen, replies=len(replies))
    return Outcome(seen, await service.said_by_patients(), records, case)


@contextmanager
def _ai_url(case: Case, well: Simulated) -> Iterator[str]:
    if case.name == LEFT_OUT:
        yield ""
    elif case.name == DEAD:
        with nobody_listening() as url:
            yield url
    else:
        ill = replace(well, fail_rate=case.fail_rate, hang_rate=case.hang_rate)
        with ai_service(ill) as target:
            yield target.url
