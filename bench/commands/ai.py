"""`im bench ai` from its options to its figures."""

from typing import Annotated

import typer

from ai_service.durations import duration_in
from bench import options
from bench.ai_runs import run, run_both
from bench.ai_stage import Simulated
from bench.command import Command
from bench.databases import SQLITE
from bench.measures.ai import Plan
from bench.options import Where
from bench.problems import UsageError
from bench.reports import ai as ai_report

MOST_USERS = 1000
LONGEST_LATENCY = 10
"""Seconds, jitter included: later the service would give up waiting for the first byte."""
PACE, SLOWEST, FASTEST = 30.0, 5.0, 10_000.0
LOCAL, CELERY = "local", "celery"
Dispatch = Annotated[
    str, typer.Option(help="Who makes the replies: local, or celery, which is compared with it.")
]
Latency = Annotated[
    str, typer.Option(help="The AI's own time before a reply begins: 1s, 200ms or 0.5 (seconds).")
]
Jitter = Annotated[
    float, typer.Option(help="How far that varies: 0.3 is 30 % less to 30 % more, evenly.")
]
Stream = Annotated[
    bool, typer.Option("--stream", help="The AI streams its replies, and users see them come.")
]
TokensPerSecond = Annotated[
    float | None,
    typer.Option(help=f"How fast the AI streams its eight tokens; {PACE:g} without it."),
]


def ai(  # noqa: PLR0913 - each argument is an option
    *,
    users: Annotated[int, typer.Option(help="Patients, each in a group of its own.")] = 100,
    latency: Latency = "1s",
    jitter: Jitter = 0.0,
    stream: Stream = False,
    tokens_per_second: TokensPerSecond = None,
    seconds: options.Seconds = 10.0,
    size: options.Size = 200,
    dispatch: Dispatch = LOCAL,
    database_url: options.DatabaseUrl = None,
    warm_up: options.WarmUp = 2.0,
    json: options.Json = None,
) -> None:
    """What the service adds to the time that an AI takes of its own.

    A simulated AI service is started and asked directly, by as many callers and
    for as long. Then it answers the patients of a server of this command's own.
    Everybody sends a message, waits for the reply, and sends the next; they begin
    one after the other, spread over the AI's latency.

    Added: from the send to the AI's reply on the patient's WebSocket, less the
    AI's own time for it, from the request as the AI service read it to the last
    byte as it wrote it. To the first delta: the same, less the AI's own time to
    its first token. The AI service tells these times, not the server, whose
    record (duration_ms, shown beside them) has its own lateness in it.

    CPU per reply and per thousand deltas: both times all of it, divided by the
    replies and by the frames of deltas that patients received.

    With --dispatch celery both ways are measured, one after the other on one
    PostgreSQL server: the local one first, then one worker process, which hears of
    its work over Redis. CPU is the server's own, without the worker's.

    Checked: every message has one reply and one record that succeeded, the
    database holds them all, and deltas, joined, are the reply.
    """
    pace = (tokens_per_second or PACE) if stream else None
    simulated = Simulated(duration_in(latency) or 0.0, jitter, stream, pace)
    plan, where = Plan(users, simulated, seconds, warm_up, size), Where(database_url)

    def check_all() -> None:
        if duration_in(latency) is None:
            raise UsageError("--latency: must be a time such as 1s, 200ms or 0.5 (seconds)")
        check_dispatch(dispatch, where)
        check(plan, where, tokens_per_second)

    measure = run if dispatch == LOCAL else run_both
    Command("ai", ai_report.title, ai_report.rows).carry_out(
        check_all, lambda: measure(plan, where), json
    )


def check_dispatch(dispatch: str, where: Where) -> None:
    """Raises UsageError."""
    options.check_faults(
        {
            f"--dispatch: must be {LOCAL} or {CELERY}": dispatch not in {LOCAL, CELERY},
            "--dispatch celery: SQLite serves one process, so no worker beside it": (
                dispatch == CELERY and where.database_url == SQLITE
            ),
        }
    )


def check(plan: Plan, where: Where, tokens_per_second: float | None) -> None:
    """Raises UsageError for the first option that makes no sense."""
    simulated = plan.ai
    options.check_faults(
        {
            f"--users: must be 1 to {MOST_USERS}": not 1 <= plan.users <= MOST_USERS,
            "--jitter: must be 0 to 1": not 0 <= simulated.jitter <= 1,
            f"--latency: must be at most {LONGEST_LATENCY}s, --jitter included": (
                simulated.latency * (1 + simulated.jitter) > LONGEST_LATENCY
            ),
            "--tokens-per-second: is of streamed replies; add --stream, or leave it out": (
                tokens_per_second is not None and not simulated.stream
            ),
            f"--tokens-per-second: must be {SLOWEST:g} to {FASTEST:g}": (
                tokens_per_second is not None and not SLOWEST <= tokens_per_second <= FASTEST
            ),
            **options.time_faults(plan.seconds, plan.warm_up),
            **options.load_faults(1, plan.size),
        }
    )
    where.check()
