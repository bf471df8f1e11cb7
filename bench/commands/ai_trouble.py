"""`im bench ai-trouble` from its options to its figures."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Annotated

import typer

from ai_service.durations import duration_in
from bench import options
from bench.ai_stage import Simulated
from bench.command import Command, Figures
from bench.commands.rooms import MOST_MEMBERS, MOST_RATE
from bench.compare.results import Results
from bench.databases import SQLITE, FreshDatabase, fresh_databases
from bench.measures import rooms
from bench.measures.ai_trouble import CASES, Case, Plan, measure, stage_of
from bench.options import Where
from bench.patient_service import PatientService
from bench.problems import UsageError
from bench.reports import ai_trouble as report
from bench.service import measured_on

MOST_ROUNDS = 100
JITTER, PACE = 0.3, 30.0


def ai_trouble(  # noqa: PLR0913 - each argument is an option
    *,
    users: Annotated[int, typer.Option(help="How many users are connected, all sending.")] = 100,
    group_size: Annotated[int, typer.Option(help="Members of each group.")] = 5,
    patients: Annotated[
        int, typer.Option(help="Patients in each group; an AI answers no others.")
    ] = 1,
    rate: Annotated[
        float, typer.Option(help=f"Messages a second from each user, at most {MOST_RATE}.")
    ] = 1.0,
    latency: Annotated[
        str, typer.Option(help="The AI's own time before it replies or fails: 1s, 200ms or 0.5.")
    ] = "1s",
    rounds: Annotated[int, typer.Option(help=f"How often, 1 to {MOST_ROUNDS}.")] = 3,
    seconds: options.Seconds = 10.0,
    size: options.Size = 200,
    database_url: options.DatabaseUrl = None,
    warm_up: options.WarmUp = 1.0,
    json: options.Json = None,
) -> None:
    """What an AI in trouble does to the people who write to each other.

    The load of `im bench latency`, with patients among the doctors, whose
    messages are for the AI, in five cases. Left out: no AI layer, the undisturbed
    run.
    Healthy: the reference AI service, which streams. Hanging: it takes the
    connection and never answers; AI_FIRST_BYTE_TIMEOUT is then 2 s, unless the
    environment says otherwise, so that calls also end in vain. Dead: nobody
    listens at the address. Failing: half of the calls get a 500.

    The cases take turns, each with a server and a database of its own. Told are
    the medians of the rounds, and how a p99 compares with that of the AI left
    out, and of the healthy one.

    Checked: every member sees each message and each of the AI's replies once, in
    the order of `seq`; what is stored is what was acknowledged, and the replies;
    every patient's message has a record; the healthy AI replies, one that is dead
    does not.
    """
    groups = users // max(group_size, 1)
    load = rooms.Plan(groups, group_size, group_size, seconds, warm_up, size, rate=rate)
    simulated = Simulated(duration_in(latency) or 0.0, JITTER, stream=True, tokens_per_second=PACE)
    plan, where = Plan(load, patients, simulated, rounds), Where(database_url)

    def check_all() -> None:
        if duration_in(latency) is None:
            raise UsageError("--latency: must be a time such as 1s, 200ms or 0.5 (seconds)")
        check(plan, users, where)

    Command("ai-trouble", report.title, report.rows).carry_out(
        check_all, lambda: run(plan, where), json
    )


def check(plan: Plan, users: int, where: Where) -> None:
    """Raises UsageError for the first option that makes no sense."""
    load = plan.rooms
    options.check_faults(
        {
            f"--rounds: must be 1 to {MOST_ROUNDS}": not 1 <= plan.rounds <= MOST_ROUNDS,
            f"--group-size: must be 1 to {MOST_MEMBERS}": not 1 <= load.members <= MOST_MEMBERS,
            f"--users: must be a multiple of --group-size, which is {load.members}": (
                users != load.groups * load.members or not load.groups
            ),
            "--patients: must be at least 1 and at most --group-size": (
                not 1 <= plan.patients <= load.members
            ),
            f"--rate: must be more than 0 and at most {MOST_RATE}": not 0 < load.rate <= MOST_RATE,
            **options.time_faults(load.seconds, load.warm_up),
            **options.load_faults(1, load.size),
            f"--latency: must be less than --seconds, with {JITTER:.0%} more": (
                plan.ai.latency * (1 + JITTER) >= load.seconds
            ),
        }
    )
    where.check()


def run(plan: Plan, where: Where) -> Figures:
    """Raises BenchError."""
    results = Results()
    with fresh_databases(where.database_url or SQLITE) as fresh:
        for number in range(1, plan.rounds + 1):
            for case in CASES:
                typer.echo(f"round {number} of {plan.rounds}: AI {case.name}", err=True)
                results.add(report.LOAD, case.name, turn(case, plan, fresh))
    return report.figures(results, plan)


def turn(
    case: Case, plan: Plan, fresh: Callable[[], AbstractContextManager[FreshDatabase]]
) -> Figures:
    with fresh() as database, stage_of(case, plan, database) as on:
        kind = partial(PatientService, patients=plan.patients)
        outcome = measured_on(on, lambda service: measure(service, case, plan), kind)
        return report.one_turn(outcome, plan, on.shown)
