"""`im bench …`: what the service can do on this machine, measured from outside."""

import typer

from bench.commands.ai import ai
from bench.commands.ai_trouble import ai_trouble
from bench.commands.burst import burst
from bench.commands.compare import compare
from bench.commands.databases import databases
from bench.commands.history import history
from bench.commands.idle import idle
from bench.commands.instances import instances
from bench.commands.memory import memory
from bench.commands.rooms import fanout, latency
from bench.commands.scale import scale
from bench.commands.send import send
from bench.commands.storm import storm

bench = typer.Typer(help="Measure what the service can do on this machine.", no_args_is_help=True)
for command in (
    send, fanout, latency, idle, storm, history, memory, ai, ai_trouble, burst, databases,
    instances, scale, compare,
):  # fmt: skip
    bench.command()(command)


@bench.callback()
def about() -> None:
    pass
