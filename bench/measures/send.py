"""The measurement of `im bench send`: users who send as fast as they are answered."""

from dataclasses import dataclass

from bench.clients.tally import Tally
from bench.clients.user import Place
from bench.load import Span, all_of, connected, put_under_load
from bench.service import Service


@dataclass(frozen=True, slots=True)
class Plan:
    users: int
    seconds: float
    warm_up: float
    window: int
    size: int
    http: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """`tally` as the users counted, `stored` as the service did: both of the whole run."""

    tally: Tally
    span: Span
    stored: int

    @property
    def verified(self) -> bool:
        """Nothing was lost or doubled."""
        return self.stored == self.tally.acknowledged and not self.tally.unexpected


async def measure(service: Service, plan: Plan) -> Outcome:
    """Raises BenchError."""
    groups = await service.create_groups(plan.users, 1)
    tally = Tally()
    host, port = service.target.address
    content = b"x" * plan.size
    places = [Place(host, port, g.members[0], g.group_id, content, plan.window) for g in groups]
    async with connected(service.user(place, tally) for place in places) as users:
        span = await put_under_load(
            service, tally, all_of(users), warm_up=plan.warm_up, seconds=plan.seconds
        )  # fmt: skip
    return Outcome(tally, span, sum(await service.stored_in(groups)))
