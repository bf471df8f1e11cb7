"""What a command says when it cannot do its work: lines on stderr, never a traceback."""

from typing import NoReturn

import typer

from app.config import Settings, SettingsError, load_settings

FAILED = 1
USAGE = 2


def stop(message: str, code: int = FAILED) -> NoReturn:
    for line in message.splitlines():
        typer.secho(line, err=True, fg=typer.colors.RED)
    raise typer.Exit(code)


def settings_or_stop(**overrides: object) -> Settings:
    """Options that were not given (None) leave the setting to the environment."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return load_settings(**given)
    except SettingsError as error:
        stop(str(error), USAGE)
