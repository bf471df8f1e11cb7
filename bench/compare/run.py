"""The whole comparison: rounds of all loads for all contenders, then what is measured once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer

from bench.command import Figures
from bench.commands import history, idle, memory, send, storm
from bench.compare.contenders import PGBENCH, Contender
from bench.compare.loads import USERS, WINDOW_1, WINDOW_8, Load, loads
from bench.compare.results import Results
from bench.databases import POSTGRESQL, SQLITE, FreshDatabase, fresh_database_on
from bench.measures.history import Plan as HistoryPlan
from bench.measures.idle import Plan as IdlePlan
from bench.measures.memory import Plan as MemoryPlan
from bench.measures.send import Plan as SendPlan
from bench.measures.storm import Plan as StormPlan
from bench.options import Where
from bench.peers import pgbench
from bench.problems import BenchError
from bench.target import migrate

Turn = Callable[[], Figures]
ONCE = ("sqlite", "idle", "storm", "history", "memory")


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: int
    seconds: float
    warm_up: float
    size: int
    quick: bool
    only: tuple[str, ...] = ()
    """Names of loads and commands; none means all."""

    def has(self, name: str) -> bool:
        return not self.only or name in self.only


def rounds(plan: Plan, server: FreshDatabase, taking_part: list[Contender]) -> Results:
    """In turns: A B C, A B C, for each load and round."""
    results = Results()
    for number in range(1, plan.rounds + 1):
        for load in loads(plan.seconds, plan.warm_up, plan.size):
            if not plan.has(load.name):
                continue
            said = f"round {number} of {plan.rounds}: {load.name}"
            for name, turn in _turns(load, plan, server, taking_part).items():
                if (found := attempt(results, f"{said}, {name}", turn)) is not None:
                    results.add(load.name, name, found)
    return results


def _turns(
    load: Load, plan: Plan, server: FreshDatabase, taking_part: list[Contender]
) -> dict[str, Turn]:
    turns: dict[str, Turn] = {
        contender.name: partial(_load, load, contender, server) for contender in taking_part
    }
    if load.name in {WINDOW_1, WINDOW_8} and (program := pgbench.program()):
        turns[PGBENCH] = partial(_floor, program, plan, server)
    return turns


def _load(load: Load, contender: Contender, server: FreshDatabase) -> Figures:
    with fresh_database_on(server) as database:
        return load.on(contender, database)


def _floor(program: Path, plan: Plan, server: FreshDatabase) -> Figures:
    with fresh_database_on(server) as database:
        migrate(database)
        return pgbench.measure(program, database, pgbench.Plan(USERS, plan.seconds, plan.size))


def once(plan: Plan, results: Results) -> None:
    """What only this service is measured by, each on a database of its own."""
    postgres, small = Where(POSTGRESQL), plan.quick
    sqlite = SendPlan(USERS, plan.seconds, plan.warm_up, 1, plan.size)
    turns: dict[str, Turn] = {
        "sqlite": lambda: send.run(sqlite, Where(SQLITE)),
        "idle": lambda: idle.run(IdlePlan(500 if small else 10_000, 10), postgres, floor=True),
        "storm": lambda: storm.run(StormPlan(100 if small else 1000, 10, 50, plan.size), postgres),
        "history": lambda: history.run(
            HistoryPlan(20_000 if small else 1_000_000, 200, plan.size), postgres
        ),
        "memory": lambda: memory.run(
            MemoryPlan(50_000 if small else 1_000_000, USERS, 8, plan.size), postgres
        ),
    }
    for name, turn in turns.items():
        if plan.has(name) and (found := attempt(results, name, turn)) is not None:
            results.once[name] = found
            results.check(name, found)


def attempt(results: Results, what: str, turn: Turn) -> Figures | None:
    """One measurement that cannot be made does not end the others."""
    typer.echo(what, err=True)
    try:
        return turn()
    except BenchError as error:
        results.faults.append(f"{what}: {error}")
        typer.secho(f"{what}: {error}", err=True, fg=typer.colors.RED)
        return None
