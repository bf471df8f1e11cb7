"""`im`: one command for all that one does with the service."""

import typer

from ai_service.cli import serve_command as ai_service
from app.cli.chat import chat
from app.cli.db import db
from app.cli.demo import demo
from app.cli.serve import serve
from app.cli.token import token
from bench.cli import bench

app = typer.Typer(
    help="A lightweight instant-messaging service whose messages an AI answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(serve)
app.command()(demo)
app.command()(chat)
app.command("ai-service")(ai_service)
app.command()(token)
app.add_typer(db, name="db")
app.add_typer(bench, name="bench")


def main() -> None:
    app(prog_name="im")
