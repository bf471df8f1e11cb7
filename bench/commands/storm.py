"""`im bench storm` from its options to its figures."""

from typing import Annotated

import typer

from bench import options
from bench.command import Command, Figures
from bench.measures.storm import Plan, measure
from bench.options import Where
from bench.reports import storm as storm_report
from bench.service import measured_on
from bench.stage import stage

MOST_MISSED = 500
"""More are not recovered at once, as the wire contract says."""
STORM = Command("storm", storm_report.title, storm_report.rows)


def storm(
    *,
    clients: Annotated[int, typer.Option(help="How many drop and come back.")] = 1000,
    group_size: Annotated[int, typer.Option(help="Clients in each group.")] = 10,
    missed: Annotated[
        int, typer.Option(help=f"Messages sent to each group meanwhile, 1 to {MOST_MISSED}.")
    ] = 50,
    size: options.Size = 200,
    database_url: options.DatabaseUrl = None,
    url: options.Url = None,
    json: options.Json = None,
) -> None:
    """Clients that drop all at once, and come back all at once with `sync`.

    Measured is the time from the first attempt to connect until each client has
    its messages; every client must then know each of them once, in order, and
    hear the next one live.
    """
    plan, where = Plan(clients, group_size, missed, size), Where(database_url, url)
    STORM.carry_out(lambda: check(plan, where), lambda: run(plan, where), json)


def check(plan: Plan, where: Where) -> None:
    """Raises UsageError."""
    options.check_faults(
        {
            "--group-size: must be at least 1": plan.group_size < 1,
            f"--clients: must be a multiple of --group-size, which is {plan.group_size}": (
                plan.clients < 1 or plan.clients % max(plan.group_size, 1) > 0
            ),
            f"--missed: must be 1 to {MOST_MISSED}": not 1 <= plan.missed <= MOST_MISSED,
            **options.load_faults(1, plan.size),
        }
    )
    where.check()


def run(plan: Plan, where: Where) -> Figures:
    """Raises BenchError."""
    with stage(where) as on:
        return storm_report.figures(
            measured_on(on, lambda service: measure(service, on, plan)), plan, on.shown
        )
