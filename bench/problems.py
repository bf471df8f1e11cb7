"""What a measurement says when it cannot be made: a line on stderr, never a traceback."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import typer

FAILED = 1
USAGE = 2


class BenchError(Exception):
    """A measurement cannot be made, or came out wrong; the message is ready to be shown."""


class UsageError(BenchError):
    """The command was called with something that it cannot take."""


def stop(message: str, code: int = FAILED) -> NoReturn:
    typer.secho(message, err=True, fg=typer.colors.RED)
    raise typer.Exit(code)


@contextmanager
def told_plainly() -> Iterator[None]:
    """A SIGTERM ends the block as Ctrl-C does, so that processes and folders are cleared away."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except UsageError as error:
        stop(str(error), USAGE)
    except BenchError as error:
        stop(str(error))
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)
