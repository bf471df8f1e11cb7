"""The one shape of every measurement: check the plan, run it, show the figures, keep them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from bench import report
from bench.loop import allow_many_connections
from bench.problems import FAILED, stop, told_plainly
from bench.usage import bottleneck

Figures = dict[str, Any]
"""Plain values, for JSON and for the table. `verified` is False, and `faults` says why, where what
was measured was wrong; `generator_busy` is the generator's share of a core."""


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    title: Callable[[Figures], str]
    rows: Callable[[Figures], dict[str, str]]

    def carry_out(
        self, check: Callable[[], None], run: Callable[[], Figures], json: Path | None
    ) -> None:
        with told_plainly():
            if json:
                report.check_writable(json)
            check()
            allow_many_connections()
            found = run()
            report.show(self.title(found), self.rows(found))
            if json:
                report.write_json(json, self.name, found)
        for warning in bottleneck(found["generator_busy"]):
            typer.secho(warning, err=True, fg=typer.colors.YELLOW)
        if not found["verified"]:
            stop("\n".join(found["faults"]), FAILED)
