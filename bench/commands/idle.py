"""`im bench idle` from its options to its figures."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from bench import bulk, options
from bench.clients.idler import Idler, SilentIdler
from bench.command import Command, Figures
from bench.databases import SQLITE, FreshDatabase, fresh_database
from bench.loop import most_connections, run_fast
from bench.measures.idle import FIRST, Outcome, Plan, measure
from bench.options import Where
from bench.peers.echo import echo_server
from bench.problems import BenchError
from bench.target import migrate, started

SPARE_FILES = 200
MOST_CONNECTIONS = 1_000_000


def idle(
    *,
    connections: Annotated[int, typer.Option(help="How many are open at the end.")] = 10_000,
    group_size: Annotated[int, typer.Option(help="Members of each group.")] = 10,
    floor: Annotated[
        bool,
        typer.Option(help="Also measure a bare echo server of FastAPI on uvicorn as it comes."),
    ] = True,
    database_url: options.DatabaseUrl = None,
    json: options.Json = None,
) -> None:
    """Connections that do nothing: the server's memory for each of them.

    Every user is in one group. At the end a message goes to some groups, and
    all of their members, and nobody else, must hear it.
    """
    plan, where = Plan(connections, group_size), Where(database_url)
    IDLE.carry_out(lambda: check(plan, where), lambda: run(plan, where, floor=floor), json)


def check(plan: Plan, where: Where) -> None:
    """Raises UsageError."""
    options.check_faults(
        {
            f"--connections: must be more than {FIRST}, the first of which are not counted, and at "
            f"most {MOST_CONNECTIONS}": not FIRST < plan.connections <= MOST_CONNECTIONS,
            f"--group-size: must divide --connections, which are {plan.connections}": (
                plan.group_size < 1 or plan.connections % plan.group_size > 0
            ),
        }
    )
    where.check()


def run(plan: Plan, where: Where, *, floor: bool) -> Figures:
    """Raises BenchError."""
    allowed = most_connections() - SPARE_FILES
    if plan.connections > allowed:
        raise BenchError(
            f"--connections: this system lets a process have {allowed}; raise it by `ulimit -Hn`"
        )
    with fresh_database(where.database_url or SQLITE) as database:
        bare = _bare(database, plan) if floor else None
        migrate(database)
        groups = bulk.load(database, plan.connections // plan.group_size, plan.group_size, 0, 0)
        with started(database) as target:
            outcome = run_fast(measure(target, plan, groups, Idler))
        return figures(outcome, bare, plan, database.shown)


def _bare(database: FreshDatabase, plan: Plan) -> Outcome:
    """The groups are none of the echo server's; nobody is called."""
    alone = Plan(plan.connections, 1)
    groups = [bulk.group(number, 1) for number in range(plan.connections)]
    with echo_server(database) as target:
        return run_fast(measure(target, alone, groups, SilentIdler, call=False))


def figures(outcome: Outcome, bare: Outcome | None, plan: Plan, database: str) -> Figures:
    return {
        "plan": asdict(plan),
        "database": database,
        "service": _figures_of(outcome, plan),
        "floor": bare and _figures_of(bare, plan),
        "called": outcome.called,
        "generator_busy": round(outcome.generator_busy, 2),
        "verified": not outcome.deaf,
        "faults": [f"{outcome.deaf} of {plan.connections} clients did not hear what they should"]
        if outcome.deaf
        else [],
    }


def _figures_of(outcome: Outcome, plan: Plan) -> dict[str, Any]:
    counted = plan.connections - FIRST
    return {
        "before_kib": outcome.before,
        "after_kib": outcome.after,
        "kib_per_connection": round((outcome.after - outcome.before) / counted, 1),
        "connected_per_second": round(outcome.connected_per_second),
    }


def title(found: Figures) -> str:
    plan = found["plan"]
    what = f"{plan['connections']:,} idle connections in groups of {plan['group_size']}"
    return f"{what}, {found['database']}"


def rows(found: Figures) -> dict[str, str]:
    heard = f"{found['called']} members of some groups heard a message, nobody else did"
    shown = {"the service": _row(found["service"])}
    if found["floor"]:
        shown["a bare echo server"] = _row(found["floor"])
    return shown | {"checked": "; ".join(found["faults"]) or heard}


def _row(of: dict[str, Any]) -> str:
    return (
        f"{of['kib_per_connection']} KiB per connection ({of['before_kib'] / 1024:.0f} MiB with "
        f"{FIRST}, {of['after_kib'] / 1024:.0f} MiB with all), "
        f"{of['connected_per_second']:,} connected a second"
    )


IDLE = Command("idle", title, rows)
