"""`make chaos`: long runs of all scenarios on all databases, one line each.

CHAOS_ROUNDS (1) times all of them; CHAOS_SECONDS (10) of talk in each run; CHAOS_SEED repeats a
plan (each further round adds 1), else every run draws its own; CHAOS_SCENARIO runs only this one.
Ends with 1 where a promise was broken; the history of such a run is kept in CHAOS_FOLDER
(data/chaos). With files as arguments, kept histories are judged again.
"""

import asyncio
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.config import GROUPS
from tests.guarantees.picture_scenarios import PICTURE
from tests.guarantees.plan import Plan, Scenario
from tests.guarantees.run import Verdict, check_again, perform
from tests.guarantees.scenarios import OWN_SERVERS, SCENARIOS
from tests.guarantees.world import CrashingServer, crashing_mariadb, crashing_postgres
from tests.support.databases import SqliteFiles, postgres_server
from tests.support.mariadb import mariadb_server

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = (
    "operations", "attempts", "ok", "refused", "unknown", "reconnects", "stored", "replies",
    "failures", "violations",
)  # fmt: skip


class UsageError(Exception):
    """A setting is wrong; the message names it and says what it may be."""


@dataclass(frozen=True, slots=True)
class Options:
    rounds: int
    seconds: int
    seed: int | None
    scenarios: list[Scenario]
    folder: Path

    @classmethod
    def of_environment(cls) -> "Options":
        """Raises UsageError."""
        name = os.environ.get("CHAOS_SCENARIO")
        if name and name not in SCENARIOS:
            raise UsageError(f"CHAOS_SCENARIO: must be one of {', '.join(SCENARIOS)}")
        return cls(
            rounds=_number("CHAOS_ROUNDS") or 1,
            seconds=_number("CHAOS_SECONDS") or 10,
            seed=_number("CHAOS_SEED"),
            scenarios=[SCENARIOS[name]] if name else list(SCENARIOS.values()),
            folder=Path(os.environ.get("CHAOS_FOLDER", "data/chaos")).resolve(),
        )

    def plans(self) -> Iterator[tuple[Plan, str]]:
        """Each with the kind of database that it runs on."""
        for turn in range(self.rounds):
            for scenario in self.scenarios:
                for database in scenario.databases:
                    seed = random.randrange(1 << 32) if self.seed is None else self.seed + turn
                    yield Plan(scenario, seed, self.seconds), database


class InThePicture:
    """It brings its own."""

    def new(self) -> str:
        return PICTURE[0]


@dataclass
class Databases:
    """Servers are started when they are first asked for."""

    folder: Path
    stack: ExitStack = field(default_factory=ExitStack)
    _started: dict[str, Any] = field(default_factory=dict)

    def new(self, kind: str) -> tuple[str, CrashingServer | None]:
        if kind not in self._started:
            self._started[kind] = self.stack.enter_context(self._start(kind))
        databases = self._started[kind]
        return databases.new(), databases if kind in OWN_SERVERS else None

    def _start(self, kind: str) -> AbstractContextManager[Any]:
        starts: dict[str, Callable[[], AbstractContextManager[Any]]] = {
            **dict.fromkeys(PICTURE, lambda: nullcontext(InThePicture())),
            "sqlite": lambda: nullcontext(SqliteFiles(self.folder)),
            "postgresql": postgres_server,
            "mariadb": mariadb_server,
            "own postgresql": crashing_postgres,
            "own mariadb": crashing_mariadb,
        }
        return starts[kind]()


def main() -> int:
    if files := sys.argv[1:]:
        return _look_again(files)
    try:
        options = Options.of_environment()
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _forget_settings()
    with TemporaryDirectory(prefix="im-chaos-") as name:
        os.chdir(name)
        databases = Databases(Path(name))
        with databases.stack:
            return _run_all(options, databases)


def _run_all(options: Options, databases: Databases) -> int:
    say(" ".join(["seed".rjust(10), "scenario".ljust(12), "database".ljust(14), *COLUMNS]))
    failed = 0
    for plan, kind in options.plans():
        url, server = databases.new(kind)
        verdict = asyncio.run(perform(plan, url, databases.folder, server))
        counts = verdict.counts()
        numbers = [str(counts.get(column, 0)).rjust(len(column)) for column in COLUMNS]
        row = [str(plan.seed).rjust(10), plan.scenario.name.ljust(12), kind.ljust(14), *numbers]
        say(" ".join(row))
        if verdict.violations:
            failed += 1
            _report(verdict, options.folder)
    say(f"{failed} runs with violations" if failed else "no violation")
    return 1 if failed else 0


def _report(verdict: Verdict, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{verdict.plan.scenario.name}-{verdict.database}-{verdict.plan.seed}.json"
    file = folder / name.replace(" ", "-")
    verdict.keep(file)
    say(f"{verdict}\nkept: {file}")


def _look_again(files: list[str]) -> int:
    """Kept histories, judged by the checker as it is now."""
    found = [violation for file in files for violation in check_again(Path(file))]
    say("\n".join(map(str, found)) or "no violation")
    return 1 if found else 0


def say(text: str) -> None:
    """At once, also into a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _forget_settings() -> None:
    """None of the environment's reaches the service, which finds its own code all the same."""
    for group in GROUPS.values():
        for name in group.model_fields:
            os.environ.pop(name.upper(), None)
    os.environ["PYTHONPATH"] = str(ROOT)


def _number(name: str) -> int | None:
    """None where it is not set. Raises UsageError."""
    text = os.environ.get(name)
    if text and not text.isdecimal():
        raise UsageError(f"{name}: must be a whole number, and is {text!r}")
    return int(text) if text else None


if __name__ == "__main__":
    sys.exit(main())
