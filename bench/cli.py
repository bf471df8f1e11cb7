"""`im bench …`: what the service can do on this machine, measured from outside."""

from pathlib import Path
from typing import Annotated

import typer

from bench import report, send_report
from bench.problems import FAILED, stop, told_plainly
from bench.send import Plan
from bench.send_command import check, run

bench = typer.Typer(help="Measure what the service can do on this machine.", no_args_is_help=True)


@bench.callback()
def about() -> None:
    pass


@bench.command()
def send(  # noqa: PLR0913 - each argument is an option
    *,
    users: Annotated[int, typer.Option(help="How many users send at the same time.")] = 100,
    seconds: Annotated[float, typer.Option(help="How long to measure, at most 600.")] = 10.0,
    window: Annotated[
        int, typer.Option(help="Messages each user has under way before waiting for an answer.")
    ] = 1,
    size: Annotated[int, typer.Option(help="Characters in each message, 1 to 5000.")] = 200,
    http: Annotated[
        bool, typer.Option("--http", help="Send by POST /api/message/send, not by WebSocket.")
    ] = False,
    database_url: Annotated[
        str | None,
        typer.Option(
            help="Where the server stores: sqlite (the default; a file in a temporary folder), "
            "postgresql (starts a throw-away server), or postgresql://user:password@host:5432/name "
            "(makes a database of its own there, and drops it)."
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="Measure this running server (AUTH_MODE=open) and start none."),
    ] = None,
    floor: Annotated[
        bool,
        typer.Option(
            "--floor", help="Also measure the naive way: one INSERT and one commit per message."
        ),
    ] = False,
    warm_up: Annotated[float, typer.Option(help="Seconds of load before measuring.")] = 1.0,
    json: Annotated[Path | None, typer.Option(help="Write all figures to this file.")] = None,
) -> None:
    """Send messages as fast as they are acknowledged, and check that none is lost or doubled.

    Every user writes into a group of its own, and what is acknowledged is
    committed to the database. Without --url the command starts a server of its
    own on an empty database, and removes both at the end.
    """
    plan = Plan(users, seconds, warm_up, window, size, http)
    with told_plainly():
        if json:
            report.check_writable(json)
        check(plan, database_url, url, floor=floor)
        found = run(plan, database_url, url, floor=floor)
        report.show(send_report.title(found), send_report.rows(found))
        if json:
            report.write_json(json, "send", found)
    for warning in send_report.warnings(found):
        typer.secho(warning, err=True, fg=typer.colors.YELLOW)
    if not found["verified"]:
        stop("Messages were lost or doubled.", FAILED)
