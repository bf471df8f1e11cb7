"""`im bench history` from its options to its figures."""

import time
from dataclasses import asdict
from typing import Annotated

import typer

from bench import bulk, options
from bench.command import Command, Figures
from bench.databases import SQLITE, fresh_database
from bench.measures.history import PAGE_SIZE, Outcome, Plan, measure
from bench.options import Where
from bench.report import latency_ms, shown_latency
from bench.target import migrate, started
from bench.usage import usage

MOST_MESSAGES = 100_000_000


def history(
    *,
    messages: Annotated[
        int, typer.Option(help=f"In the group; a multiple of {PAGE_SIZE}.")
    ] = 1_000_000,
    reads: Annotated[int, typer.Option(help="How often each page is read.")] = 200,
    size: options.Size = 200,
    database_url: options.DatabaseUrl = None,
    json: options.Json = None,
) -> None:
    """Read the newest and the oldest pages of a group with a million messages.

    The messages are loaded straight into the database, then read over HTTP, a
    hundred at a time, by one reader on one connection.
    """
    plan, where = Plan(messages, reads, size), Where(database_url)
    HISTORY.carry_out(lambda: check(plan, where), lambda: run(plan, where), json)


def check(plan: Plan, where: Where) -> None:
    """Raises UsageError."""
    options.check_faults(
        {
            f"--messages: must be a multiple of {PAGE_SIZE}, {2 * PAGE_SIZE} to {MOST_MESSAGES}": (
                plan.messages % PAGE_SIZE > 0 or not 2 * PAGE_SIZE <= plan.messages <= MOST_MESSAGES
            ),
            "--reads: must be at least 1": plan.reads < 1,
            **options.load_faults(1, plan.size),
        }
    )
    where.check()


def run(plan: Plan, where: Where) -> Figures:
    """Raises BenchError."""
    with fresh_database(where.database_url or SQLITE) as database:
        migrate(database)
        begin = time.perf_counter()
        [group] = bulk.load(database, 1, 1, plan.messages, plan.size)
        loaded = time.perf_counter() - begin
        with started(database) as target:
            used, begin = usage(target.pid, database.pid), time.perf_counter()
            outcome = measure(target, group, plan)
            spent = usage(target.pid, database.pid).since(used)
            busy = spent.generator / (time.perf_counter() - begin)
        return figures(outcome, plan, database.shown) | {
            "load_seconds": round(loaded, 1),
            "cpu_seconds": asdict(spent),
            "generator_busy": round(busy, 2),
        }


def figures(outcome: Outcome, plan: Plan, database: str) -> Figures:
    found = {name: latency_ms(taken) for name, taken in outcome.latencies.items()}
    p50 = [values["p50"] or 0.0 for values in found.values()]
    return {
        "plan": asdict(plan),
        "database": database,
        "read_ms": found,
        "deep_to_shallow": {
            name: round(deep / shallow, 2)
            for name, shallow, deep in zip(
                ("page", "before_seq", "after_seq"), p50[::2], p50[1::2], strict=True
            )
        },
        "verified": not outcome.faults,
        "faults": sorted(outcome.faults),
    }


def title(found: Figures) -> str:
    plan = found["plan"]
    what = f"{plan['messages']:,} messages of {plan['size']} characters in one group"
    return f"{what}, {found['database']}, {plan['reads']} reads of {PAGE_SIZE} each"


def rows(found: Figures) -> dict[str, str]:
    ratios = (f"{name} {ratio}" for name, ratio in found["deep_to_shallow"].items())
    return {
        **{name: shown_latency(values) for name, values in found["read_ms"].items()},
        "oldest to newest, p50": ", ".join(ratios),
        "loaded": f"in {found['load_seconds']} s",
        "checked": "; ".join(found["faults"]) or "every page had the messages it should have",
    }


HISTORY = Command("history", title, rows)
