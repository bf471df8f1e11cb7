"""`im bench send` from its options to its figures."""

from typing import Any

from bench import floor as naive
from bench.databases import SQLITE, check_wanted, fresh_database
from bench.loop import allow_many_connections, run_fast
from bench.problems import UsageError
from bench.send import Plan, measure
from bench.send_report import figures
from bench.target import check_url, running, started

LONGEST_SECONDS = 600
LONGEST_CONTENT = 5000


def check(plan: Plan, database_url: str | None, url: str | None, *, floor: bool) -> None:
    """Raises UsageError for the first option that makes no sense."""
    faults = {
        "--users: must be at least 1": plan.users < 1,
        f"--seconds: must be more than 0 and at most {LONGEST_SECONDS}": not (
            0 < plan.seconds <= LONGEST_SECONDS
        ),
        f"--warm-up: must be 0 to {LONGEST_SECONDS}": not 0 <= plan.warm_up <= LONGEST_SECONDS,
        "--window: must be at least 1": plan.window < 1,
        f"--size: must be 1 to {LONGEST_CONTENT}": not 1 <= plan.size <= LONGEST_CONTENT,
        "--window: an HTTP connection has one message under way; leave --window out, or --http": (
            plan.http and plan.window > 1
        ),
        "--url: a running server has its database already; leave --database-url out": (
            url is not None and database_url is not None
        ),
        "--floor: needs a database of its own, so it does not go with --url": (
            floor and url is not None
        ),
    }
    for message, wrong in faults.items():
        if wrong:
            raise UsageError(message)
    if url is not None:
        check_url(url)
    if database_url is not None:
        check_wanted(database_url)


def run(plan: Plan, database_url: str | None, url: str | None, *, floor: bool) -> dict[str, Any]:
    """The figures. Raises BenchError."""
    allow_many_connections()
    if url is not None:
        return figures(run_fast(measure(running(url), plan)), plan, url, None)
    with fresh_database(database_url or SQLITE) as database:
        with started(database) as target:
            outcome = run_fast(measure(target, plan, database.pid))
        lowest = naive.measure(database, plan.users, plan.seconds, plan.size) if floor else None
        shown = f"{database.kind} {database.version}".strip()
        return figures(outcome, plan, shown, lowest)
