"""Options that several commands have, and what they may be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bench.databases import check_wanted
from bench.problems import UsageError
from bench.target import check_url

LONGEST_SECONDS = 600
LONGEST_CONTENT = 5000

Seconds = Annotated[float, typer.Option(help=f"How long to measure, at most {LONGEST_SECONDS}.")]
WarmUp = Annotated[float, typer.Option(help="Seconds of load before measuring.")]
Window = Annotated[
    int, typer.Option(help="Messages each sender has under way before waiting for an answer.")
]
Size = Annotated[int, typer.Option(help=f"Characters in each message, 1 to {LONGEST_CONTENT}.")]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        help="Where the server stores: sqlite (the default; a file in a temporary folder), "
        "postgresql or mariadb (starts a throw-away server), or "
        "postgresql://user:password@host:5432/name or mysql://user:password@host:3306/name "
        "(makes a database of its own there, and drops it)."
    ),
]
Url = Annotated[
    str | None,
    typer.Option(help="Measure this running server (AUTH_MODE=open) and start none."),
]
Json = Annotated[Path | None, typer.Option(help="Write all figures to this file.")]


@dataclass(frozen=True, slots=True)
class Where:
    """What is measured. Without `url` a server is started, on `database_url`."""

    database_url: str | None = None
    url: str | None = None

    @property
    def on_mariadb(self) -> bool:
        return (self.database_url or "").startswith(("mariadb", "mysql"))

    def check(self) -> None:
        """Raises UsageError."""
        if self.url is not None and self.database_url is not None:
            raise UsageError(
                "--url: a running server has its database already; leave --database-url out"
            )
        if self.url is not None:
            check_url(self.url)
        if self.database_url is not None:
            check_wanted(self.database_url)


def check_faults(faults: dict[str, bool]) -> None:
    """Raises UsageError with the first message whose value is True."""
    for message, wrong in faults.items():
        if wrong:
            raise UsageError(message)


def time_faults(seconds: float, warm_up: float) -> dict[str, bool]:
    return {
        f"--seconds: must be more than 0 and at most {LONGEST_SECONDS}": not (
            0 < seconds <= LONGEST_SECONDS
        ),
        f"--warm-up: must be 0 to {LONGEST_SECONDS}": not 0 <= warm_up <= LONGEST_SECONDS,
    }


def load_faults(window: int, size: int) -> dict[str, bool]:
    return {
        "--window: must be at least 1": window < 1,
        f"--size: must be 1 to {LONGEST_CONTENT}": not 1 <= size <= LONGEST_CONTENT,
    }
