"""`im bench fanout` and `im bench latency` from their options to their figures."""

from typing import Annotated

import typer

from bench import options
from bench.command import Command, Figures
from bench.measures.rooms import Plan, measure
from bench.options import Where
from bench.reports import rooms as rooms_report
from bench.service import measured_on
from bench.stage import stage

MOST_MEMBERS = 10_000
MOST_RATE = 1000
FANOUT = Command("fanout", rooms_report.title, rooms_report.rows)
LATENCY = Command("latency", rooms_report.title, rooms_report.rows)


def fanout(  # noqa: PLR0913 - each argument is an option
    *,
    members: Annotated[int, typer.Option(help="Members of the group, all connected.")] = 100,
    senders: Annotated[int, typer.Option(help="How many of them send.")] = 8,
    window: options.Window = 8,
    seconds: options.Seconds = 10.0,
    size: options.Size = 200,
    database_url: options.DatabaseUrl = None,
    url: options.Url = None,
    warm_up: options.WarmUp = 1.0,
    json: options.Json = None,
) -> None:
    """One group, all members connected: messages and deliveries a second.

    Every delivery is checked: each member must see each message once, in the
    order of `seq`, from the first to the last one stored.
    """
    plan, where = (
        Plan(1, members, senders, seconds, warm_up, size, window),
        Where(database_url, url),
    )
    faults = {
        f"--members: must be 1 to {MOST_MEMBERS}": not 1 <= members <= MOST_MEMBERS,
        "--senders: must be at least 1 and at most --members": not 1 <= senders <= members,
        **options.load_faults(window, size),
    }
    FANOUT.carry_out(lambda: check(plan, where, faults), lambda: run(plan, where), json)


def latency(  # noqa: PLR0913 - each argument is an option
    *,
    users: Annotated[int, typer.Option(help="How many users are connected, all sending.")] = 100,
    group_size: Annotated[int, typer.Option(help="Members of each group.")] = 5,
    rate: Annotated[
        float, typer.Option(help=f"Messages a second from each user, at most {MOST_RATE}.")
    ] = 1.0,
    seconds: options.Seconds = 10.0,
    size: options.Size = 200,
    database_url: options.DatabaseUrl = None,
    url: options.Url = None,
    warm_up: options.WarmUp = 1.0,
    json: options.Json = None,
) -> None:
    """Users who write at a steady rate: how long until the last member has it.

    Open loop: nobody waits for an answer before sending again. For the latency
    of one user alone, closed loop, see `im bench send --users 1`.
    """
    groups = users // max(group_size, 1)
    plan = Plan(groups, group_size, group_size, seconds, warm_up, size, rate=rate)
    where = Where(database_url, url)
    faults = {
        f"--group-size: must be 1 to {MOST_MEMBERS}": not 1 <= group_size <= MOST_MEMBERS,
        f"--users: must be a multiple of --group-size, which is {group_size}": (
            users != groups * group_size or not groups
        ),
        f"--rate: must be more than 0 and at most {MOST_RATE}": not 0 < rate <= MOST_RATE,
        **options.load_faults(1, size),
    }
    LATENCY.carry_out(lambda: check(plan, where, faults), lambda: run(plan, where), json)


def check(plan: Plan, where: Where, faults: dict[str, bool]) -> None:
    """Raises UsageError."""
    options.check_faults(faults | options.time_faults(plan.seconds, plan.warm_up))
    where.check()


def run(plan: Plan, where: Where) -> Figures:
    """Raises BenchError."""
    with stage(where) as on:
        return rooms_report.figures(
            measured_on(on, lambda service: measure(service, plan)), plan, on.shown
        )
