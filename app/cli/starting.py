"""Apart from the other problems, since what can fail at the start is most of the service."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.bootstrap import StartError
from app.cli.problems import stop
from app.config import SettingsError


@contextmanager
def stopping_on_start_errors() -> Iterator[None]:
    try:
        yield
    except (StartError, SettingsError) as error:
        stop(str(error))
