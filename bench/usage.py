"""CPU time of all who take part in a measurement, apart from each other."""

from dataclasses import dataclass

from bench import cpu

BUSY_SHARE = 0.8
"""Of a core. Beyond it the generator, not the server, may be what is measured."""


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds; None where nobody can tell."""

    server: float | None
    database: float | None
    generator: float
    redis: float | None = None

    def since(self, before: "Usage") -> "Usage":
        return Usage(
            _difference(self.server, before.server),
            _difference(self.database, before.database),
            self.generator - before.generator,
            _difference(self.redis, before.redis),
        )


def usage(server_pid: int | None, database_pid: int | None) -> Usage:
    return Usage(
        cpu.seconds_of_tree(server_pid) if server_pid else None,
        cpu.seconds_of_tree(database_pid) if database_pid else None,
        cpu.seconds_here(),
    )


def bottleneck(busy: float) -> list[str]:
    """What is to be said where the generator used this share of a core."""
    if busy <= BUSY_SHARE:
        return []
    told = f"the generator used {busy:.0%} of a core; it may be the bottleneck, not the server."
    return [f"WARNING: {told}"]


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before
