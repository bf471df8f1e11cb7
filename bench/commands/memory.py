"""`im bench memory` from its options to its figures."""

from dataclasses import asdict
from typing import Annotated

import typer

from bench import options
from bench.command import Command, Figures
from bench.measures.memory import SAMPLES, Outcome, Plan, growth_kib, measure
from bench.options import Where
from bench.reports.costs import cost_figures, cost_rows
from bench.service import measured_on
from bench.stage import stage

FLAT_KIB = 4096
MOST_MESSAGES = 1_000_000_000


def memory(
    *,
    messages: Annotated[
        int, typer.Option(help=f"How many are sent; at least {SAMPLES}.")
    ] = 1_000_000,
    users: Annotated[int, typer.Option(help="How many users send at the same time.")] = 100,
    window: options.Window = 8,
    size: options.Size = 200,
    database_url: options.DatabaseUrl = None,
    json: options.Json = None,
) -> None:
    """The server's memory while a million messages go through it.

    It is looked at ten times. Flat means: from the first to the last third of
    the run, without the first tenth, it grew by less than 4 MiB.
    """
    plan, where = Plan(messages, users, window, size), Where(database_url)
    MEMORY.carry_out(lambda: check(plan, where), lambda: run(plan, where), json)


def check(plan: Plan, where: Where) -> None:
    """Raises UsageError."""
    options.check_faults(
        {
            f"--messages: must be {SAMPLES} to {MOST_MESSAGES}": not (
                SAMPLES <= plan.messages <= MOST_MESSAGES
            ),
            "--users: must be at least 1": plan.users < 1,
            **options.load_faults(plan.window, plan.size),
        }
    )
    where.check()


def run(plan: Plan, where: Where) -> Figures:
    """Raises BenchError."""
    with stage(where) as on:
        return figures(measured_on(on, lambda service: measure(service, plan)), plan, on.shown)


def figures(outcome: Outcome, plan: Plan, database: str) -> Figures:
    tally, growth = outcome.tally, growth_kib(outcome.samples)
    whole = outcome.stored == tally.acknowledged and not tally.unexpected
    return {
        "plan": asdict(plan),
        "database": database,
        "samples": [asdict(sample) for sample in outcome.samples],
        "growth_kib": round(growth),
        "flat": growth < FLAT_KIB,
        "acknowledged_per_second": round(outcome.span.passed / outcome.span.seconds, 1),
        "acknowledged": tally.acknowledged,
        "stored": outcome.stored,
        "errors": dict(tally.errors),
        **cost_figures(outcome.span, outcome.span.passed),
        "verified": whole,
        "faults": [] if whole else ["Messages were lost or doubled."],
    }


def title(found: Figures) -> str:
    plan = found["plan"]
    what = f"{plan['messages']:,} messages of {plan['size']} characters, {plan['users']} users"
    return f"{what}, window {plan['window']}, {found['database']}"


def rows(found: Figures) -> dict[str, str]:
    flat = "flat" if found["flat"] else "not flat"
    return {
        **{f"{s['messages']:,} messages": f"{s['kib'] / 1024:.1f} MiB" for s in found["samples"]},
        "growth": f"{found['growth_kib'] / 1024:.1f} MiB from the first to the last third: {flat}",
        "acknowledged": f"{found['acknowledged_per_second']:,.0f} messages/s",
        **cost_rows(found),
        "checked": f"{found['acknowledged']:,} acknowledged, {found['stored']:,} stored",
    }


MEMORY = Command("memory", title, rows)
