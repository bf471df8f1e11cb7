"""`im bench burst` from its options to its figures."""

from dataclasses import asdict
from typing import Annotated

import typer

from ai_service.durations import duration_in
from bench import options
from bench.ai_stage import Simulated, ai_service, stage_with_worker
from bench.command import Command, Figures
from bench.databases import POSTGRESQL, SQLITE, fresh_database
from bench.measures.burst import Outcome, Plan, measure
from bench.options import Where
from bench.report import latency_ms, shown_latency
from bench.service import measured_on

MOST_USERS, LONGEST_LATENCY = 1000, 10
PATIENCE = 60.0
"""Seconds; with one reply after the other 200 of them would take longer."""


def burst(
    *,
    users: Annotated[int, typer.Option(help="Patients, who ask at once.")] = 200,
    latency: Annotated[str, typer.Option(help="The AI's own time: 1s, 200ms or 0.5.")] = "1s",
    size: options.Size = 200,
    database_url: options.DatabaseUrl = POSTGRESQL,
    json: options.Json = None,
) -> None:
    """Patients ask the AI in one moment: until one Celery worker process has answered all.

    Checked: each message has one reply, and one record.
    """
    ai = Simulated(duration_in(latency) or 0.0, 0.0, stream=False, tokens_per_second=None)
    plan, where = Plan(users, ai, PATIENCE, size), Where(database_url)
    faults = {
        f"--users: must be 1 to {MOST_USERS}": not 1 <= users <= MOST_USERS,
        f"--latency: must be a time such as 1s or 200ms, at most {LONGEST_LATENCY}s": (
            duration_in(latency) is None or ai.latency > LONGEST_LATENCY
        ),
        "--database-url: SQLite serves one process, so no worker beside it": (
            database_url == SQLITE
        ),
        **options.load_faults(1, size),
    }

    def check() -> None:
        options.check_faults(faults)
        where.check()

    Command("burst", title, rows).carry_out(check, lambda: run(plan, where), json)


def run(plan: Plan, where: Where) -> Figures:
    """Raises BenchError."""
    with (
        ai_service(plan.ai) as asked,
        fresh_database(where.database_url or POSTGRESQL) as database,
        stage_with_worker(asked.url, database, stream=False, at_once=plan.users) as on,
    ):
        return figures(measured_on(on, lambda service: measure(service, plan)), plan, on.shown)


def figures(outcome: Outcome, plan: Plan, database: str) -> Figures:
    return {
        "plan": asdict(plan),
        "database": database,
        "worker_processes": 1,
        "seconds": round(outcome.seconds, 2),
        "total_ms": latency_ms(reply.total for reply in outcome.replies),
        "answered": len(outcome.replies),
        "records": outcome.records,
        "generator_busy": round(outcome.usage.generator / outcome.seconds, 2),
        "verified": not outcome.faults,
        "faults": outcome.faults,
    }


def title(found: Figures) -> str:
    plan = found["plan"]
    ai = f"an AI that takes {plan['ai']['latency']:g} s"
    return f"{plan['users']} patients ask {ai} at once, one worker process, {found['database']}"


def rows(found: Figures) -> dict[str, str]:
    told = "; ".join(found["faults"]) or "one reply and one record for each message"
    return {
        "all answered after": f"{found['seconds']} s",
        "each": shown_latency(found["total_ms"]),
        "checked": f"{found['answered']} replies, {found['records']} records: {told}",
    }
