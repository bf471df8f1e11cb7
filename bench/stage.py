"""Where a measurement takes place: a running service, or one started on an empty database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.databases import SQLITE, FreshDatabase, fresh_database
from bench.options import Where
from bench.program import Target
from bench.target import running, started


@dataclass(frozen=True, slots=True)
class Stage:
    """`database` is None for a server that ran already."""

    target: Target
    database: FreshDatabase | None
    shown: str

    @property
    def database_pid(self) -> int | None:
        return self.database.pid if self.database else None


@contextmanager
def stage(where: Where) -> Iterator[Stage]:
    """Raises BenchError."""
    if where.url is not None:
        yield Stage(running(where.url), None, where.url)
        return
    with fresh_database(where.database_url or SQLITE) as database, stage_on(database) as on:
        yield on


@contextmanager
def stage_on(database: FreshDatabase) -> Iterator[Stage]:
    """Raises BenchError."""
    with started(database) as target:
        yield Stage(target, database, database.shown)
