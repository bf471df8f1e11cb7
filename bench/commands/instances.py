"""`im bench instances` from its options to its figures."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from bench import options
from bench.command import Command, Figures
from bench.databases import POSTGRESQL, SQLITE, fresh_databases
from bench.instances import Cluster, Instances, alone_on, several_on
from bench.measures.rooms import Plan, measure
from bench.options import Where
from bench.reports import instances as report
from bench.service import measured_on
from bench.stage import Stage

MOST_INSTANCES, MOST_MEMBERS, MOST_ROUNDS = 8, 1000, 20
GROUPS, RATE = 5, 40.0
SIZES = "20,100"


@dataclass(frozen=True, slots=True)
class Loads:
    """`sizes` of groups are measured one after the other."""

    instances: int
    sizes: tuple[int, ...]
    rounds: int
    room: Plan

    def plan(self, members: int) -> Plan:
        load = self.room
        return Plan(
            load.groups, members, 1, load.seconds, load.warm_up, load.size, load.window, load.rate
        )


def instances(  # noqa: PLR0913 - each argument is an option
    *,
    instances: Annotated[int, typer.Option(help="How many, beside one alone.")] = 2,
    members: Annotated[str, typer.Option(help="Sizes of groups, each measured.")] = SIZES,
    groups: Annotated[int, typer.Option(help="Groups, one member of each sends.")] = GROUPS,
    rate: Annotated[
        float, typer.Option(help="Messages a second in each group; 0: as fast as it goes.")
    ] = RATE,
    window: options.Window = 8,
    rounds: Annotated[int, typer.Option(help="Turns of each; medians are shown.")] = 2,
    seconds: options.Seconds = 2.0,
    size: options.Size = 200,
    database_url: options.DatabaseUrl = POSTGRESQL,
    warm_up: options.WarmUp = 0.5,
    json: options.Json = None,
) -> None:
    """What several instances on Redis cost more than one alone, and how much later they deliver.

    Both run all the time, each on a database of its own on one server, and are
    put under the same load in turns: groups whose members are spread over the
    instances. CPU is that of all instances together, for each delivery; Redis'
    is told apart. Later: a delivery to a member at another instance than the
    sender's, beside one to a member at the same, in the same run.

    Checked: each member sees each message once, in the order of `seq`.
    """
    sizes = tuple(int(one) for one in members.split(",") if one.strip().isdecimal())
    room = Plan(groups, 0, 1, seconds, warm_up, size, 0 if rate else window, rate)
    loads, where = Loads(instances, sizes, rounds, room), Where(database_url)
    Command("instances", report.title, report.rows).carry_out(
        lambda: check(loads, where, members), lambda: run(loads, where), json
    )


def check(loads: Loads, where: Where, members: str) -> None:
    """Raises UsageError."""
    room, sizes = loads.room, loads.sizes
    options.check_faults(
        {
            f"--instances: must be 2 to {MOST_INSTANCES}": (
                not 2 <= loads.instances <= MOST_INSTANCES  # noqa: PLR2004 - one is the other
            ),
            f"--members: must be sizes of 3 to {MOST_MEMBERS}, such as {SIZES}": (
                len(sizes) != len(members.split(","))
                or not all(loads.instances < one <= MOST_MEMBERS for one in sizes)
            ),
            "--groups: must be 1 to 1000": not 1 <= room.groups <= 1000,  # noqa: PLR2004 - said so
            "--rate: must be 0 to 1000": not 0 <= room.rate <= 1000,  # noqa: PLR2004 - said so
            f"--rounds: must be 1 to {MOST_ROUNDS}": not 1 <= loads.rounds <= MOST_ROUNDS,
            "--database-url: SQLite serves one process": where.database_url == SQLITE,
            **options.time_faults(room.seconds, room.warm_up),
            **options.load_faults(room.window or int(room.rate > 0), room.size),
        }
    )
    where.check()


def run(loads: Loads, where: Where) -> Figures:
    """Raises BenchError."""
    turns: list[report.Turn] = []
    with fresh_databases(where.database_url or POSTGRESQL) as fresh, ExitStack() as stack:
        alone = stack.enter_context(alone_on(stack.enter_context(fresh())))
        several = stack.enter_context(several_on(stack.enter_context(fresh()), loads.instances))
        for number in range(loads.rounds):
            for members in loads.sizes:
                turns += [
                    _turn(loads.plan(members), *who)
                    for who in (alone, several)[:: -1 if number % 2 else 1]
                ]
        return report.figures(turns, loads.room, loads.instances, alone[0].shown)


def _turn(plan: Plan, on: Stage, cluster: Cluster) -> report.Turn:
    outcome = measured_on(
        on, lambda service: measure(service, plan), partial(Instances, cluster=cluster)
    )
    return report.turn(outcome, plan, len(cluster.targets))
