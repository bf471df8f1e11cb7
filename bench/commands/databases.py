"""`im bench databases`: durable sends on MariaDB and on PostgreSQL, in turns."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated

import typer

from bench import options
from bench.command import Command, Figures
from bench.databases import MARIADB, POSTGRESQL, fresh_databases
from bench.measures.send import Plan, measure
from bench.reports import send as send_report
from bench.service import measured_on
from bench.stage import stage_on

TARGET = 0.5
MOST_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Urls:
    postgresql: str
    mariadb: str


def databases(  # noqa: PLR0913 - each argument is an option
    *,
    users: Annotated[int, typer.Option(help="How many users send at the same time.")] = 100,
    rounds: Annotated[int, typer.Option(help="Turns of each; medians are shown.")] = 3,
    seconds: options.Seconds = 4.0,
    window: options.Window = 1,
    size: options.Size = 200,
    postgresql_url: Annotated[
        str, typer.Option(help="Makes a database there; without it, on a throw-away server.")
    ] = POSTGRESQL,
    mariadb_url: Annotated[str, typer.Option(help="The same.")] = MARIADB,
    warm_up: options.WarmUp = 1.0,
    json: options.Json = None,
) -> None:
    """Durable sends on MariaDB beside the same on PostgreSQL, in turns.

    Each turn is one run of `im bench send`, on a new database and a new server
    process, and checked as that is.
    """
    plan, urls = Plan(users, seconds, warm_up, window, size), Urls(postgresql_url, mariadb_url)
    Command("databases", title, rows).carry_out(
        lambda: check(plan, urls, rounds), lambda: run(plan, urls, rounds), json
    )


def check(plan: Plan, urls: Urls, rounds: int) -> None:
    """Raises UsageError."""
    options.check_faults(
        {
            "--users: must be at least 1": plan.users < 1,
            f"--rounds: must be 1 to {MOST_ROUNDS}": not 1 <= rounds <= MOST_ROUNDS,
            "--postgresql-url: must be of PostgreSQL": not urls.postgresql.startswith("postgres"),
            "--mariadb-url: must be of MariaDB or MySQL": not options.Where(
                urls.mariadb
            ).on_mariadb,
            **options.time_faults(plan.seconds, plan.warm_up),
            **options.load_faults(plan.window, plan.size),
        }
    )


def run(plan: Plan, urls: Urls, rounds: int) -> Figures:
    """Raises BenchError."""
    turns: dict[str, list[Figures]] = {POSTGRESQL: [], MARIADB: []}
    with fresh_databases(urls.postgresql) as postgresql, fresh_databases(urls.mariadb) as mariadb:
        for _ in range(rounds):
            for kind, fresh in ((POSTGRESQL, postgresql), (MARIADB, mariadb)):
                with fresh() as database, stage_on(database) as on:
                    outcome = measured_on(on, lambda service: measure(service, plan))
                    turns[kind].append(send_report.figures(outcome, plan, on.shown))
    return figures(turns)


def figures(turns: dict[str, list[Figures]]) -> Figures:
    rate = {
        kind: median(one["acknowledged_per_second"] for one in found)
        for kind, found in turns.items()
    }
    everything = [one for found in turns.values() for one in found]
    faults = [fault for one in everything for fault in one["faults"]]
    return {
        "plan": everything[0]["plan"],
        "turns": turns,
        "acknowledged_per_second": rate,
        "ratio": round(rate[MARIADB] / rate[POSTGRESQL], 2) if rate[POSTGRESQL] else None,
        "generator_busy": max(one["generator_busy"] for one in everything),
        "verified": not faults,
        "faults": faults,
    }


def title(found: Figures) -> str:
    plan, rounds = found["plan"], len(found["turns"][MARIADB])
    return f"{plan['users']} users, window {plan['window']}, medians of {rounds} turns"


def rows(found: Figures) -> dict[str, str]:
    shown = {kind: _shown(turns) for kind, turns in found["turns"].items()}
    return shown | {"MariaDB": f"{found['ratio']} times PostgreSQL's rate (target {TARGET})"}


def _shown(turns: Sequence[Figures]) -> str:
    rate = median(one["acknowledged_per_second"] for one in turns)
    p50 = median(one["latency_ms"]["p50"] or 0.0 for one in turns)
    cpu = ", ".join(
        f"{name} {median(one['cpu_us_per_message'].get(name, 0.0) for one in turns):.1f} µs"
        for name in turns[0]["cpu_us_per_message"]
    )
    return f"{turns[0]['database']}: {rate:,.0f} messages/s, p50 {p50:.2f} ms; CPU {cpu}"
