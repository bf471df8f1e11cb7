"""Several instances of this service on one database, which hear each other over Redis."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.clients.room import Room
from bench.clients.split_room import SplitRoom
from bench.clients.tally import Tally
from bench.clients.user import Place, User
from bench.cpu import seconds_of_tree
from bench.databases import FreshDatabase
from bench.program import Target
from bench.redis import RedisServer, redis_in
from bench.service import ImService, Seat
from bench.stage import Stage, stage_on
from bench.target import serving
from bench.usage import Usage, usage


@dataclass(frozen=True, slots=True)
class Cluster:
    """`redis` is None for one instance on the local bus."""

    targets: tuple[Target, ...]
    redis: RedisServer | None = None


@dataclass(frozen=True)
class Instances(ImService):
    """The members of a group are spread evenly over them."""

    cluster: Cluster = field(kw_only=True)
    turns: Iterator[int] = field(default_factory=count)

    def usage(self) -> Usage:
        spent = [seconds_of_tree(target.pid or 0) for target in self.cluster.targets]
        known = [seconds for seconds in spent if seconds is not None]
        redis = self.cluster.redis
        return replace(
            usage(None, self.database_pid),
            server=sum(known) if len(known) == len(spent) else None,
            redis=seconds_of_tree(redis.pid) if redis else None,
        )

    def room(self, members: int) -> Room:
        return SplitRoom(members, len(self.cluster.targets), next(self.turns))

    def member(self, place: Place, tally: Tally, seat: Seat) -> User:
        assert isinstance(seat.room, SplitRoom)  # noqa: S101 - made above
        host, port = self.cluster.targets[seat.room.instance_of(seat.number)].address
        return super().member(replace(place, host=host, port=port), tally, seat)


@contextmanager
def alone_on(database: FreshDatabase) -> Iterator[tuple[Stage, Cluster]]:
    """Raises BenchError, as the other does."""
    with stage_on(database) as on:
        yield on, Cluster((on.target,))


@contextmanager
def several_on(database: FreshDatabase, number: int) -> Iterator[tuple[Stage, Cluster]]:
    with ExitStack() as stack:
        folders = [
            Path(stack.enter_context(TemporaryDirectory(prefix="im-bench-")))
            for _ in range(number + 1)
        ]
        redis = stack.enter_context(redis_in(folders[0]))
        own = {"REDIS_URL": redis.url}
        first = stack.enter_context(serving(database, folders[1], own))
        rest = (
            stack.enter_context(serving(database, folder, own, migrated=True))
            for folder in folders[2:]
        )
        targets = (first, *rest)
        yield Stage(first, database, database.shown), Cluster(targets, redis)
