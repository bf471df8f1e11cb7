"""`im bench send` from its options to its figures."""

from functools import partial
from typing import Annotated

import typer

from bench import options
from bench.clients.http_user import HttpUser
from bench.clients.socket_user import SocketUser
from bench.command import Command, Figures
from bench.measures import floor as naive
from bench.measures.send import Plan, measure
from bench.options import Where
from bench.reports import send as send_report
from bench.service import ImService, measured_on
from bench.stage import stage


def send(  # noqa: PLR0913 - each argument is an option
    *,
    users: Annotated[int, typer.Option(help="How many users send at the same time.")] = 100,
    seconds: options.Seconds = 10.0,
    window: options.Window = 1,
    size: options.Size = 200,
    http: Annotated[
        bool, typer.Option("--http", help="Send by POST /api/message/send, not by WebSocket.")
    ] = False,
    database_url: options.DatabaseUrl = None,
    url: options.Url = None,
    floor: Annotated[
        bool,
        typer.Option(
            "--floor", help="Also measure the naive way: one INSERT and one commit per message."
        ),
    ] = False,
    warm_up: options.WarmUp = 1.0,
    json: options.Json = None,
) -> None:
    """Send messages as fast as they are acknowledged, and check that none is lost or doubled.

    Every user writes into a group of its own, and what is acknowledged is
    committed to the database. Without --url the command starts a server of its
    own on an empty database, and removes both at the end.
    """
    plan, where = Plan(users, seconds, warm_up, window, size, http), Where(database_url, url)
    Command("send", send_report.title, send_report.rows).carry_out(
        lambda: check(plan, where, floor=floor), lambda: run(plan, where, floor=floor), json
    )


def check(plan: Plan, where: Where, *, floor: bool = False) -> None:
    """Raises UsageError for the first option that makes no sense."""
    options.check_faults(
        {
            "--users: must be at least 1": plan.users < 1,
            **options.time_faults(plan.seconds, plan.warm_up),
            **options.load_faults(plan.window, plan.size),
            "--window: an HTTP connection has one message under way; leave --window out, or --http": (  # noqa: E501 - one line for the user
                plan.http and plan.window > 1
            ),
            "--floor: needs a database of its own, so it does not go with --url": (
                floor and where.url is not None
            ),
            "--floor: measures SQLite and PostgreSQL only": floor and where.on_mariadb,
        }
    )
    where.check()


def run(plan: Plan, where: Where, *, floor: bool = False) -> Figures:
    """Raises BenchError."""
    with stage(where) as on:
        kind = HttpUser if plan.http else SocketUser
        outcome = measured_on(
            on, lambda service: measure(service, plan), partial(ImService, kind=kind)
        )
        found = send_report.figures(outcome, plan, on.shown)
        if floor and on.database:
            lowest = naive.measure(on.database, plan.users, plan.seconds, plan.size)
            found["floor"] = send_report.floor_figures(found, *lowest)
    return found
