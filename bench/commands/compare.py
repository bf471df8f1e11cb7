"""`im bench compare` from its options to its figures."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bench import options
from bench.command import Command, Figures
from bench.compare.contenders import contenders
from bench.compare.document import MET, check_page, markdown, write_page
from bench.compare.loads import LOADS
from bench.compare.machine import surroundings
from bench.compare.results import Results
from bench.compare.run import ONCE, Plan, once
from bench.compare.run import rounds as run_rounds
from bench.compare.targets import TARGETS
from bench.databases import throw_away_server
from bench.peers import pgbench

MOST_ROUNDS = 100
PARTS = (*LOADS, *ONCE)


def compare(
    *,
    rounds: Annotated[int, typer.Option(help=f"How often, 1 to {MOST_ROUNDS}.")] = 3,
    seconds: options.Seconds = 8.0,
    warm_up: options.WarmUp = 1.0,
    size: options.Size = 200,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Small versions of idle, storm, history and memory."),
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help=f"Leave out all but this; may be repeated. One of: {'; '.join(PARTS)}."),
    ] = None,
    write_docs: Annotated[
        Path | None,
        typer.Option(help="Put the tables between the comparison marks of this Markdown page."),
    ] = None,
    json: options.Json = None,
) -> None:
    """This service and its peers under the same loads, on one throw-away PostgreSQL.

    In turns, so that all meet the same machine; the median of the rounds
    counts. Peers that are not installed are named and left out. Then idle,
    storm, history and memory of this service, and a table of what is asked of
    it.
    """
    plan = Plan(rounds, seconds, warm_up, size, quick, tuple(only or ()))
    COMPARE.carry_out(lambda: check(plan, write_docs), lambda: run(plan, write_docs), json)


def check(plan: Plan, page: Path | None) -> None:
    """Raises UsageError."""
    options.check_faults(
        {
            f"--rounds: must be 1 to {MOST_ROUNDS}": not 1 <= plan.rounds <= MOST_ROUNDS,
            **options.time_faults(plan.seconds, plan.warm_up),
            **options.load_faults(1, plan.size),
            f"--only: must be one of: {'; '.join(PARTS)}": not set(plan.only) <= set(PARTS),
        }
    )
    if page is not None:
        check_page(page)


def run(plan: Plan, page: Path | None) -> Figures:
    """Raises BenchError."""
    taking_part, missing = contenders()
    if pgbench.program() is None:
        missing.append(pgbench.MISSING)
    for line in missing:
        typer.secho(line, err=True, fg=typer.colors.YELLOW)
    with throw_away_server() as server:
        where = surroundings(server.folder)
        results = run_rounds(plan, server, taking_part)
    once(plan, results)
    found = figures(plan, results) | {
        "machine": where,
        "missing": missing,
        "versions": {server.kind: server.version} | {c.name: c.version for c in taking_part},
    }
    if page is not None:
        write_page(page, markdown(found, results))
    return found


def figures(plan: Plan, results: Results) -> Figures:
    return {
        "plan": asdict(plan),
        "targets": [target.told(results) for target in TARGETS],
        "rounds": results.rounds,
        "once": results.once,
        "generator_close_to_its_limit": [load for load, _ in results.busy()],
        "generator_busy": max((busy for _, busy in results.busy()), default=0.0),
        "verified": not results.faults,
        "faults": results.faults,
    }


def title(found: Figures) -> str:
    plan = found["plan"]
    return f"Comparison, {plan['rounds']} rounds of {plan['seconds']:g} s"


def rows(found: Figures) -> dict[str, str]:
    close = found["generator_close_to_its_limit"]
    return {
        **{
            f"{t['what']}, {t['target']}": f"{t['figure']}, met: {MET[t['met']].strip('*')}"
            for t in found["targets"]
        },
        **({"generator close to its limit": "; ".join(close)} if close else {}),
    }


COMPARE = Command("compare", title, rows)
