"""One run from its plan to its verdict, and what is kept of it for who looks into a failure."""

from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.models.enums import RecordStatus
from tests.guarantees.ai_records import AIRecord
from tests.guarantees.assistant import assistant
from tests.guarantees.checker import check
from tests.guarantees.dump import Dump
from tests.guarantees.evidence import Evidence, Violation
from tests.guarantees.history import (
    Anything,
    Attempt,
    History,
    Opened,
    Outcome,
    Reconnected,
    of_kind,
)
from tests.guarantees.picture_world import picture_world
from tests.guarantees.plan import Plan, as_data
from tests.guarantees.stage import run
from tests.guarantees.world import CrashingServer, world

SHOWN = 5


class Kept(msgspec.Struct, frozen=True):
    plan: Mapping[str, object]
    database: str
    violations: list[Violation]
    records: list[Anything | AIRecord]
    dump: Dump


@dataclass(frozen=True, slots=True)
class Verdict:
    plan: Plan
    database: str
    history: History
    dump: Dump
    violations: list[Violation]

    def counts(self) -> dict[str, int]:
        records = self.history.records
        outcomes = Counter(outcome.result for outcome in of_kind(records, Outcome))
        opened = [record.device for record in of_kind(records, Opened)]
        again = sum(1 for _ in of_kind(records, Reconnected))
        return {
            "operations": len({(a.user, a.client_msg_id) for a in of_kind(records, Attempt)}),
            "attempts": outcomes.total(),
            **{str(result): count for result, count in sorted(outcomes.items())},
            "reconnects": len(opened) - len(set(opened)) + again,
            "stored": len(self.dump.messages),
            "replies": len(Evidence(records, self.dump).replies),
            "failures": sum(r.status == RecordStatus.FAILED for r in self.dump.interactions),
            "violations": len(self.violations),
        }

    def __str__(self) -> str:
        plan = self.plan
        head = (
            f"{plan.scenario.name} on {self.database}: CHAOS_SEED={plan.seed} "
            f"CHAOS_SECONDS={plan.seconds:g} CHAOS_SCENARIO='{plan.scenario.name}' make chaos"
        )
        return "\n".join([head, str(self.counts()), *map(str, self.violations[:SHOWN])])

    def keep(self, file: Path) -> None:
        kept = Kept(
            plan=as_data(self.plan),
            database=self.database,
            violations=self.violations,
            records=self.history.records,  # type: ignore[arg-type] # all of them are in Anything
            dump=self.dump,
        )
        file.write_bytes(msgspec.json.encode(kept))


async def perform(
    plan: Plan, database_url: str, folder: Path, server: CrashingServer | None = None
) -> Verdict:
    scenario, history = plan.scenario, History()
    env = {"LOG_FORMAT": "json", "LOG_LEVEL": "WARNING", **scenario.env}
    with assistant(plan, history) if scenario.ai else nullcontext() as ai_url:
        deployed = (
            picture_world(ai_url or "", **env)
            if scenario.picture
            else world(
                database_url,
                folder,
                server,
                ai_url,
                module=scenario.program,
                with_rival="rival" in scenario.faults,
                **env,
            )
        )
        async with deployed as made:
            dump = await run(plan, made, history)
    database = database_url.partition(":")[0]
    return Verdict(plan, database, history, dump, check(history.records, dump))


def check_again(file: Path) -> list[Violation]:
    """Of a run that was kept."""
    kept = msgspec.json.decode(file.read_bytes(), type=Kept)
    return check(list(kept.records), kept.dump)
