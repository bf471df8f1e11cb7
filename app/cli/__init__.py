"""`im`: one command for all that one does with the service."""

import gc
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

COMMANDS = {
    "serve": "app.cli.serve:serve",
    "worker": "app.cli.worker:worker",
    "demo": "app.cli.demo:demo",
    "chat": "app.cli.chat:chat",
    "ai-service": "ai_service.cli:serve_command",
    "token": "app.cli.token:token",
    "db": "app.cli.db:db",
    "up": "app.cli.up:up",
    "bench": "bench.cli:bench",
}


class Commands(TyperGroup):
    """Imports the command that is asked for and no other: to import them all takes longer than
    most commands take."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment] # names alone, so far

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - Typer hands it
        return _load(cmd_name) if cmd_name in COMMANDS else None


@cache
def _load(name: str) -> Any:
    module, _, attribute = COMMANDS[name].partition(":")
    gc.disable()  # imports leave nothing to collect
    found = getattr(import_module(module), attribute)
    gc.enable()
    loaded = typer.Typer(add_completion=False)
    if isinstance(found, typer.Typer):
        loaded.add_typer(found, name=name)
    else:
        loaded.command(name)(found)
    return get_group(loaded).commands[name]


app = typer.Typer(
    cls=Commands,
    help="A lightweight instant-messaging service whose messages an AI answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def about() -> None:
    pass


def main() -> None:
    app(prog_name="im")
